import type { AgentId, BridgeId, CallId, ChannelId, QueueName } from "./ids.ts";

/** Languages a caller can choose; each has a catalogue under `prompts/`. */
export const languages = ["en", "sw", "ar"] as const;
export type Language = (typeof languages)[number];

export type Direction = "inbound" | "internal" | "outbound";

/** How a call ended, in five classes that reports, alerts and tests are written on. */
export type EndingResult = "completed" | "abandoned" | "unserved" | "refused" | "failed";

/** Who ended it. */
export type EndingParty = "caller" | "agent" | "system";

/**
 * Every call ends exactly once, with one of these.
 *
 * - `completed`: the caller got what the call was for (talked to somebody, left a message, was served by the menu).
 * - `abandoned`: the caller hung up while in the menu, waiting or ringing.
 * - `unserved`: Kituo could not serve (nobody signed in and no message left, wait too long).
 * - `refused`: the other side said no (busy, declined, unknown extension).
 * - `failed`: something broke; `reason` names it.
 */
export interface Ending {
  readonly result: EndingResult;
  /** A short slug: `talked`, `left_message`, `hung_up_in_menu`, `hung_up_waiting`, `hung_up_ringing`, ... */
  readonly reason: string;
  readonly by: EndingParty;
}

/** How one offer of a call to an agent ended. */
export type OfferOutcome =
  | "answered"
  | "no_answer"
  | "busy"
  | "declined"
  | "unreachable"
  | "caller_left"
  /** Another agent whose phone rang for the same call was quicker. */
  | "answered_elsewhere";

/** A phone that rings for a call. */
export interface RingingPhone {
  readonly agent: AgentId;
  readonly extension: string;
  /** Since when. */
  readonly at: number;
}

/**
 * One fact about a call. A call appends these, numbered from 1; its state is their fold (`apply`). Facts feed the
 * desk, the store, the live sockets and the reports. They never drive.
 */
export type CallFact =
  | {
      readonly type: "started";
      readonly direction: Direction;
      /** E.164, an extension, or empty when the caller withheld it. */
      readonly caller: string;
      readonly callerName: string;
      /** What was dialled, as the dialplan saw it. */
      readonly dialled: string;
      readonly channel: ChannelId;
    }
  | { readonly type: "answered" }
  | { readonly type: "language_chosen"; readonly language: Language }
  | { readonly type: "menu_entered"; readonly menu: string; readonly prompts: readonly string[] }
  | { readonly type: "key_pressed"; readonly menu: string; readonly key: string }
  | {
      readonly type: "queued";
      readonly queue: QueueName;
      readonly priority: number;
      /** From when her wait counts, where that is not now: the dialplan had held her before. */
      readonly since?: number;
    }
  | { readonly type: "position_told"; readonly queue: QueueName; readonly position: number }
  /** How long the caller was told that it may take yet. */
  | { readonly type: "estimate_told"; readonly queue: QueueName; readonly estimateMs: number }
  /** A step of the queue's overflow was taken, by its place in the list, and what the call is by it. */
  | {
      readonly type: "overflowed";
      readonly queue: QueueName;
      readonly step: number;
      readonly priority: number;
      readonly widened: boolean;
    }
  | { readonly type: "left_queue"; readonly queue: QueueName; readonly why: string }
  | {
      readonly type: "offered";
      readonly agent: AgentId;
      readonly extension: string;
      /** Absent on a direct call. */
      readonly queue?: QueueName;
      /** Why this agent got this call, one sentence a step. */
      readonly reasons: readonly string[];
    }
  | { readonly type: "offer_ended"; readonly agent: AgentId; readonly outcome: OfferOutcome }
  | {
      readonly type: "connected";
      readonly agent: AgentId;
      readonly extension: string;
      readonly bridge: BridgeId;
      readonly channel: ChannelId;
    }
  | { readonly type: "recording_started"; readonly recording: string }
  | { readonly type: "recording_ended"; readonly recording: string; readonly durationMs: number }
  | { readonly type: "voicemail_started"; readonly queue: QueueName; readonly why: string }
  | {
      readonly type: "voicemail_left";
      readonly queue: QueueName;
      readonly recording: string;
      readonly durationMs: number;
    }
  /** Her agent has hung up, and she is asked how it was. */
  | { readonly type: "survey_started"; readonly queue: QueueName; readonly agent: AgentId }
  | {
      readonly type: "survey_answered";
      readonly queue: QueueName;
      readonly agent: AgentId;
      /** 1 (bad) to 5 (good). */
      readonly rating: number;
    }
  /** Another life of the server, or another server, has taken the call up where it was. */
  | { readonly type: "adopted"; readonly by: string; readonly from: string }
  /** No server wound the dead-man's switch: the dialplan holds the caller, with music, then queues her natively. */
  | { readonly type: "released" }
  /** A phone answered her in the native queue. */
  | {
      readonly type: "answered_natively";
      readonly agent: AgentId | null;
      readonly extension: string;
    }
  | { readonly type: "ended"; readonly ending: Ending };

export type CallEvent = CallFact & {
  readonly call: CallId;
  /** 1, 2, 3, ... within the call, no gaps. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
};

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
 * A direct call rings without waiting. A call that rang and was not answered waits again with its old place. A caller
 * whose agent hung up may be asked how it was (`survey`) before the end. From every stage but the last and that one, the
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
  /** How long she was told last that it may take yet. No queue tells her that it takes longer. */
  readonly estimateMs: number | null;
  /** When she came into the queue that she is in; kept when she comes back to it from an offer or an outage. */
  readonly joinedAt: number | null;
  /** The steps of that queue's overflow that were taken, by their places in the list. */
  readonly overflowed: readonly number[];
  /** Whether the skills that the queue requires are only preferred for her. */
  readonly widened: boolean;
  /** How often she has left a queue for something else than an agent. */
  readonly moves: number;
  /** The agent who is offered the call or talks. */
  readonly agent: AgentId | null;
  readonly extension: string | null;
  /** Every phone that rings for it, in the order in which they began; `agent` is with the last of them. */
  readonly ringing: readonly RingingPhone[];
  /** The conversation, and the agent's channel in it. */
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
      return "queued";
    case "offered":
      return "ringing";
    case "offer_ended":
      if (event.outcome === "answered" || stillRinging(state, event.agent).length > 0)
        return state.stage;
      return state.stage !== "ringing" || state.queue === null ? state.stage : "queued";
    case "connected":
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
    estimateMs: null,
    joinedAt: null,
    overflowed: [],
    widened: false,
    moves: 0,
    agent: null,
    extension: null,
    ringing: [],
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
      return { ...next, answeredAt: event.at };
    case "language_chosen":
      return { ...next, language: event.language };
    case "menu_entered":
      return { ...next, menu: event.menu };
    case "queued":
      return {
        ...next,
        ...(isIn(state, event.queue) ? {} : comingInto(event.since ?? event.at)),
        queue: event.queue,
        priority: event.priority,
        queuedAt: state.queuedAt ?? event.since ?? event.at,
        menu: null,
      };
    case "position_told":
      return { ...next, position: event.position };
    case "estimate_told":
      return { ...next, estimateMs: event.estimateMs };
    case "overflowed": {
      const { priority, widened, step } = event;
      return { ...next, priority, widened, overflowed: [...state.overflowed, step] };
    }
    case "offered": {
      const { agent, extension, at } = event;
      const ringing = [...stillRinging(state, agent), { agent, extension, at }];
      return { ...next, agent, extension, ringing, offeredAt: at };
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
    case "answered_natively":
      return { ...next, agent: event.agent, extension: event.extension, connectedAt: event.at };
    case "released":
      // Whatever was on its way to her has ended; where she was is still known, for whoever takes her up again.
      return { ...next, agent: null, extension: null, ringing: [] };
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
      return { ...next, joinedAt: null, moves: state.moves + 1 };
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
});

/** Folds a whole history; throws when it is empty or out of order. */
export function fold(events: readonly CallEvent[]): CallState {
  const [first, ...rest] = events;
  if (first === undefined) throw new Error("a call without events has no state");
  return rest.reduce(apply, begin(first));
}
