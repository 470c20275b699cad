import type { CallEvent, Direction, Ending, Forward, Language, RingingPhone } from "./call-fact.ts";
import type { Callback } from "./callback.ts";
import type { AgentId, BridgeId, CallId, ChannelId, QueueName } from "./ids.ts";

/** The stages a call can be in; the API's `status`. */
export const callStages = [
  "initiated",
  "menu",
  "queued",
  "ringing",
  "in_progress",
  "survey",
  "voicemail",
  "fallback",
  "ended",
] as const;
export type CallStage = (typeof callStages)[number];

/**
 * Which stage may follow which.
 *
 *     initiated --> menu --> queued <--> ringing --> in_progress --> ended
 *         |          |          |           |                          ^
 *         |          +--> voicemail <-------+                          |
 *         +---- ringing (direct call) ... every stage may end ---------+
 *
 * A direct call rings without waiting, and so does one that goes on to a number outside. A call that rang and was not answered waits again with its old place. A caller whose
 * agent hung up may be asked how it was (`survey`) before the end. From every stage but the last and that one, the
 * dialplan takes a call to `fallback` when no server looks after it; from there a server takes it up where it was.
 */
export const transitions: Record<CallStage, readonly CallStage[]> = {
  initiated: ["menu", "queued", "ringing", "voicemail", "fallback", "ended"],
  menu: ["menu", "queued", "ringing", "voicemail", "fallback", "ended"],
  queued: ["menu", "queued", "ringing", "voicemail", "fallback", "ended"],
  ringing: ["queued", "ringing", "in_progress", "voicemail", "fallback", "ended"],
  in_progress: ["queued", "survey", "fallback", "ended"],
  survey: ["ended"],
  voicemail: ["fallback", "ended"],
  fallback: ["menu", "queued", "ringing", "voicemail", "ended"],
  ended: [],
};

/** What is known of a call at one moment: the fold of its events. Times are milliseconds since 1970. */
export interface CallState {
  readonly id: CallId;
  readonly seq: number;
  readonly stage: CallStage;
  readonly direction: Direction;
  readonly caller: string;
  readonly callerName: string;
  readonly dialled: string;
  readonly channel: ChannelId;
  readonly language: Language | null;
  readonly menu: string | null;
  readonly queue: QueueName | null;
  readonly priority: number;
  /** The place in the queue that the caller was told last. */
  readonly position: number | null;
  /** By when she was told at the earliest that an agent answers. No queue tells her of a later moment. */
  readonly promisedBy: number | null;
  /** When she came into the queue that she is in; kept when she comes back to it from an offer or an outage. */
  readonly joinedAt: number | null;
  /** The steps of that queue's overflow that were taken, by their places in the list. */
  readonly overflowed: readonly number[];
  /** Whether the skills that the queue requires are only preferred for her. */
  readonly widened: boolean;
  /** Further queues whose agents may take her call. */
  readonly alsoQueues: readonly QueueName[];
  /** The agent who is to be asked before all others, until she was. */
  readonly wanted: AgentId | null;
  /** The number of the fact that took her elsewhere last; 0: none has. */
  readonly movedSeq: number;
  /** How often she has left a queue for something else than an agent. */
  readonly moves: number;
  /** Where the call is made to call somebody back, who is its caller. */
  readonly callback: Callback | null;
  /** The call by which its caller is called back. */
  readonly calledBackBy: CallId | null;
  /** The agent who is offered the call or talks. */
  readonly agent: AgentId | null;
  readonly extension: string | null;
  /** Every phone that rings for it, in the order in which they began; `agent` is with the last of them. */
  readonly ringing: readonly RingingPhone[];
  /** Whom it goes on to outside, where it has left its queue for that. */
  readonly outside: Forward | null;
  /** The conversation, and the channel of the agent in it, or of whoever is outside. */
  readonly bridge: BridgeId | null;
  readonly agentChannel: ChannelId | null;
  /** The recording that was begun last: of the conversation, or the message she left. */
  readonly recording: string | null;
  /** How she rated the conversation, 1 to 5. */
  readonly rating: number | null;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  /** First entry into any queue; kept when the call is offered again, so its place is kept too. */
  readonly queuedAt: number | null;
  readonly offeredAt: number | null;
  readonly connectedAt: number | null;
  readonly endedAt: number | null;
  /** The time of the last event; none that follows is given an earlier one. */
  readonly lastAt: number;
  readonly ending: Ending | null;
}

/** The phones that go on ringing when that of this agent does not. A state of an earlier version has no list. */
function stillRinging(
  { ringing = [] }: Partial<CallState>,
  agent: AgentId,
): readonly RingingPhone[] {
  return ringing.filter((phone) => phone.agent !== agent);
}

function stageAfter(state: CallState, event: CallEvent): CallStage {
  switch (event.type) {
    case "menu_entered":
      return "menu";
    case "queued":
    case "moved":
      return "queued";
    case "offered":
    case "forwarded":
      return "ringing";
    case "offer_ended":
      if (event.outcome === "answered" || stillRinging(state, event.agent).length > 0)
        return state.stage;
      return state.stage !== "ringing" || state.queue === null ? state.stage : "queued";
    case "forward_ended":
      return "queued";
    case "connected":
    case "connected_outside":
      return "in_progress";
    case "survey_started":
      return "survey";
    case "voicemail_started":
      return "voicemail";
    case "released":
      return "fallback";
    case "ended":
      return "ended";
    case "adopted":
    case "answered_natively":
    case "started":
    case "answered":
    case "language_chosen":
    case "key_pressed":
    case "position_told":
    case "estimate_told":
    case "overflowed":
    case "left_queue":
    case "callback_requested":
    case "customer_dialled":
    case "customer_missed":
    case "recording_started":
    case "recording_ended":
    case "survey_answered":
    case "voicemail_left":
      return state.stage;
    default:
      event satisfies never;
      return state.stage;
  }
}

/** The state of a call whose first event is `event`; throws when that is not `started`. */
export function begin(event: CallEvent): CallState {
  if (event.type !== "started") {
    throw new Error(`the first event of call ${event.call} is ${event.type}, expected started`);
  }
  return {
    id: event.call,
    seq: event.seq,
    stage: "initiated",
    direction: event.direction,
    caller: event.caller,
    callerName: event.callerName,
    dialled: event.dialled,
    channel: event.channel,
    language: null,
    menu: null,
    queue: null,
    priority: 0,
    position: null,
    promisedBy: null,
    joinedAt: null,
    overflowed: [],
    widened: false,
    alsoQueues: [],
    wanted: null,
    movedSeq: 0,
    moves: 0,
    callback:
      event.callback === undefined
        ? null
        : { ordered: null, ...event.callback, tries: 0, ringsSince: null, missedAt: null },
    calledBackBy: null,
    agent: null,
    extension: null,
    ringing: [],
    outside: null,
    bridge: null,
    agentChannel: null,
    recording: null,
    rating: null,
    startedAt: event.at,
    answeredAt: null,
    queuedAt: null,
    offeredAt: null,
    connectedAt: null,
    endedAt: null,
    lastAt: event.at,
    ending: null,
  };
}

/**
 * The state after one more event. Throws on a gap in the numbering and on a transition that the table above does
 * not allow: both are faults of the program, never of a caller.
 */
export function apply(state: CallState, event: CallEvent): CallState {
  if (event.seq !== state.seq + 1) {
    throw new Error(`call ${state.id}: event ${event.seq} follows event ${state.seq}`);
  }
  if (state.stage === "ended") {
    throw new Error(`call ${state.id}: ${event.type} after its end`);
  }
  const stage = stageAfter(state, event);
  if (stage !== state.stage && !transitions[state.stage].includes(stage)) {
    throw new Error(
      `call ${state.id}: ${event.type} leads from ${state.stage} to ${stage}, which is not allowed`,
    );
  }
  const next = { ...state, seq: event.seq, stage, lastAt: event.at };
  switch (event.type) {
    case "answered":
      return {
        ...next,
        answeredAt: event.at,
        ...(state.callback === null ? {} : reached(state.callback, event.at)),
      };
    case "callback_requested":
      return { ...next, calledBackBy: event.by };
    case "customer_dialled":
      return withCallback(next, { tries: event.number, ringsSince: event.at });
    case "customer_missed":
      return withCallback(next, { ringsSince: null, missedAt: event.at });
    case "language_chosen":
      return { ...next, language: event.language };
    case "menu_entered":
      return { ...next, menu: event.menu };
    case "queued":
      return {
        ...next,
        // Who has her old place again has not waited all that time in this call.
        ...(isIn(state, event.queue)
          ? {}
          : comingInto(Math.max(event.since ?? event.at, state.startedAt))),
        ...event.done,
        queue: event.queue,
        priority: event.priority,
        wanted: null,
        queuedAt: state.queuedAt ?? event.since ?? event.at,
        menu: null,
        outside: null,
      };
    case "position_told":
      return { ...next, position: event.position };
    case "estimate_told":
      return {
        ...next,
        promisedBy: Math.min(state.promisedBy ?? Infinity, event.at + event.estimateMs),
      };
    case "overflowed": {
      const { priority, widened, alsoQueues = [], step } = event;
      const overflowed = [...state.overflowed, step];
      return { ...next, priority, widened, alsoQueues, overflowed };
    }
    case "offered": {
      const { agent, extension, at } = event;
      const ringing = [...stillRinging(state, agent), { agent, extension, at }];
      return { ...next, agent, extension, ringing, wanted: null, offeredAt: at };
    }
    case "offer_ended": {
      const ringing = stillRinging(state, event.agent);
      if (event.outcome === "answered" || stage === "in_progress") return { ...next, ringing };
      const last = ringing.at(-1);
      if (last === undefined) return { ...next, ringing, agent: null, extension: null };
      return { ...next, ringing, agent: last.agent, extension: last.extension, offeredAt: last.at };
    }
    case "connected":
      return {
        ...next,
        agent: event.agent,
        extension: event.extension,
        bridge: event.bridge,
        agentChannel: event.channel,
        connectedAt: event.at,
      };
    case "forwarded": {
      const { queue, number, trunk, at } = event;
      const nobody = { agent: null, extension: null, ringing: [], menu: null };
      return {
        ...next,
        ...nobody,
        queue,
        outside: { number, trunk, outcome: null },
        offeredAt: at,
      };
    }
    case "forward_ended":
      return {
        ...next,
        outside: state.outside === null ? null : { ...state.outside, outcome: event.outcome },
      };
    case "connected_outside":
      return {
        ...next,
        bridge: event.bridge,
        agentChannel: event.channel,
        connectedAt: event.at,
      };
    case "answered_natively":
      return { ...next, agent: event.agent, extension: event.extension, connectedAt: event.at };
    case "released":
      // Whatever was on its way to her has ended; where she was is still known, for whoever takes her up again.
      return { ...next, agent: null, extension: null, ringing: [], outside: null };
    case "recording_started":
    case "voicemail_left":
      return { ...next, recording: event.recording };
    case "survey_answered":
      return { ...next, rating: event.rating };
    case "ended":
      return { ...next, ringing: [], endedAt: event.at, ending: event.ending };
    case "started":
      throw new Error(`call ${state.id}: started twice`);
    case "key_pressed":
    case "adopted":
    case "recording_ended":
    case "survey_started":
      return next;
    // The queue stays on record: reports ask which one the caller was in.
    case "left_queue":
      return { ...next, joinedAt: null, outside: null, moves: state.moves + 1 };
    case "moved": {
      const withNobody = { agent: null, extension: null, ringing: [], outside: null };
      const nowhere = { menu: null, joinedAt: null, bridge: null, agentChannel: null };
      const { queue, agent: wanted } = event;
      return {
        ...next,
        ...withNobody,
        ...nowhere,
        queue,
        wanted,
        movedSeq: event.seq,
        connectedAt: null,
      };
    }
    case "voicemail_started":
      return { ...next, queue: state.queue ?? event.queue };
    default:
      event satisfies never;
      return next;
  }
}

/** Whether she waits in this queue, or comes back to it from where she was without having left it. */
export const isIn = ({ queue, joinedAt }: CallState, which: QueueName): boolean =>
  queue === which && joinedAt !== null;

/** A queue that she was not in knows nothing of what was told and done in another one, but for what was promised. */
const comingInto = (at: number): Partial<CallState> => ({
  joinedAt: at,
  position: null,
  overflowed: [],
  widened: false,
  alsoQueues: [],
});

/** Whether she has gone on to somebody outside: who is rung, talks to her, or has not answered a moment ago. */
export const isOutside = ({ stage, outside }: CallState): boolean =>
  outside !== null && (stage === "ringing" || stage === "in_progress" || stage === "queued");

const withCallback = (state: CallState, change: Partial<Callback>): CallState =>
  state.callback === null ? state : { ...state, callback: { ...state.callback, ...change } };

/** Who was called back and has answered waits, should there be no agent, as long as one who has just called. */
const reached = (callback: Callback, at: number): Partial<CallState> => ({
  callback: { ...callback, ringsSince: null },
  joinedAt: at,
});

/** Folds a whole history; throws when it is empty or out of order. */
export function fold(events: readonly CallEvent[]): CallState {
  const [first, ...rest] = events;
  if (first === undefined) throw new Error("a call without events has no state");
  return rest.reduce(apply, begin(first));
}
