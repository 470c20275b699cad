import type { CallState } from "../domain/call.ts";
import type { Ending, Language } from "../domain/call-fact.ts";
import type { QueueSettings } from "../domain/centre.ts";
import { hasCode, KituoError } from "../domain/errors.ts";
import type { CallId, QueueName } from "../domain/ids.ts";
import type { Menus } from "../domain/ivr.ts";
import { endingOnOrder } from "../domain/order.ts";
import type { Assignment } from "../domain/routing/assign.ts";
import { type DialledLeg, HungUp, type Leg } from "../ports/telephony.ts";
import { keepPlace } from "./again.ts";
import type { Deps } from "./deps.ts";
import { Given, Ordered } from "./orders.ts";
import { talkingTo } from "./outage.ts";
import { CallRecord } from "./record.ts";
import { type History, lookBack } from "./regulars.ts";
import { inScope, type Scope } from "./scope.ts";

/** A live call as its flow sees it: the caller's leg, the record, the scope that owns all it acquires. */
export interface Call {
  readonly leg: Leg;
  readonly record: CallRecord;
  readonly scope: Scope;
  readonly deps: Deps;
  readonly menus: Menus;
  /** Answers the caller; once, however often it is asked for. Whatever speaks to her does so first. */
  answer(): Promise<void>;
  /**
   * The agent's phone that an earlier life of the call had rung or was talking to, when this one begins; whoever
   * takes it up sets it to `null`.
   */
  found: DialledLeg | null;
  /** Further phones that rang for it at the same time; whoever takes one up takes it out. */
  readonly others: DialledLeg[];
  /** What is known of the caller from her calls of before. */
  readonly history: History;
  /** The agent who was kept for it when it began; whoever rings her sets it to `null`. */
  held: Held | null;
  /** The flow itself: a call that is made to call this caller back goes through the same one when she has answered. */
  readonly flow: (call: Call) => Promise<Ending>;
}

/** What ringing telephones for a call needs of it: whoever is to be called back is not on its line yet. */
export type Unmet = Pick<Call, "record" | "scope" | "deps" | "found" | "others"> & {
  readonly leg: Leg | null;
};

/** What a flow starts with. */
export interface Start {
  readonly leg: Leg;
  readonly record: CallRecord;
  readonly found: DialledLeg | null;
  readonly others?: readonly DialledLeg[];
  readonly held?: Held;
}

/** An agent who is kept for a call: her telephone is rung as soon as it waits. */
export interface Held {
  readonly assignment: Assignment;
  readonly until: number;
}

/** Tells how a leg ended, when it does; at once when it has. */
export function onceGone({ gone }: Leg, tell: (reason: HungUp) => void): void {
  const look = () => {
    if (gone.reason instanceof HungUp) tell(gone.reason);
  };
  if (gone.aborted) look();
  else gone.addEventListener("abort", look, { once: true });
}

/** The settings of a queue; every queue that a call can be in is defined. */
export function settingsOf({ deps }: Pick<Call, "deps">, queue: QueueName): QueueSettings {
  const settings = deps.centre.queues.find((each) => each.name === queue);
  if (settings === undefined) throw new KituoError("queue_unknown", `there is no queue ${queue}`);
  return settings;
}

/** How often a flow that Asterisk did not answer is entered again. */
const TRIES = 4;
/** An event of Asterisk that says to be older was dated by a clock that goes otherwise than ours. */
const HEARD_LATE_AT_MOST_MS = 10_000;

/** The language to speak to this caller: what was chosen, else the centre's first. */
export function languageOf(call: Call): Language {
  return call.record.state.language ?? call.deps.centre.languages[0] ?? "en";
}

/**
 * Runs `body` as the flow of a call and sees to its end: whatever happens there is one ending, everything that was
 * acquired is given back, the caller's channel is gone, and the work that follows a call is asked for. The flow of a
 * call that was begun before enters where its record says; so does one that Asterisk did not answer for a while.
 */
export async function runCall(
  start: Start,
  deps: Deps,
  body: (call: Call) => Promise<Ending>,
): Promise<void> {
  const { leg, record } = start;
  const { id } = record.state;
  const log = deps.log.child({ call: id });
  let { found, others = [], held = null } = start;
  const history = lookBack(record.state, deps);
  // What follows may have to wait for an Asterisk that has just gone; the call was over when she left.
  onceGone(leg, (end) => record.overSince(momentOf(end, deps.clock.now())));
  const orders = new Given(() => record.state);
  onceGone(leg, deps.orders.listen(id, orders));
  for (let tries = 1; ; tries += 1) {
    try {
      const endsWith = [leg.gone, orders.signal];
      const ending = await inScope({ ...deps, log }, { endsWith }, async (scope) => {
        const before = { found, others: [...others], history, held };
        const answer = answering(leg, record);
        const menus = deps.menus();
        return await body({ leg, record, scope, deps, menus, answer, ...before, flow: body });
      });
      return await endCall(record, ending, deps, { leg });
    } catch (error) {
      if (error instanceof Ordered) {
        const order = orders.next();
        if (order?.do === "end")
          return await endCall(record, endingOnOrder(record.state), deps, { leg });
        // What she has left was given back, as if that stage had ended by itself; her flow is entered anew.
        if (order !== null) {
          const { how, queue, agent, by } = order;
          record.note({ type: "moved", how, queue, agent, by });
          // Whoever takes the call up must know of it, or she would be back where she was.
          await record.written();
        }
        found = null;
        others = [];
        held = null;
        tries = 0;
        continue;
      }
      // Who is asked how it was has been served: the dialplan has nothing to take up.
      const unserved = record.state.stage !== "survey";
      if (error instanceof HungUp && error.hangupCause === "released" && unserved) {
        return await letDialplanHave(record);
      }
      const away = hasCode(error, "telephony_down");
      if (!away || tries === TRIES) {
        const ending = endingAfter(error, record.state);
        if (ending.reason === "internal_error") log.error({ err: error }, "a call's flow failed");
        return await endCall(record, ending, deps, { leg });
      }
      log.warn({ err: error, stage: record.state.stage }, "a call waits for Asterisk");
      await talkingTo(leg.gone, deps);
      found = null;
      others = [];
      held = null;
    }
  }
}

/**
 * When a caller left: as Asterisk says, for a busy server hears it late. `null`, which is now, where the two clocks do
 * not agree; whoever left unseen may have done so long ago.
 */
function momentOf({ at, unseen }: HungUp, now: number): number | null {
  return at === null || unseen || now - at <= HEARD_LATE_AT_MOST_MS ? at : null;
}

function answering(leg: Leg, record: CallRecord): () => Promise<void> {
  let answered = record.state.answeredAt === null ? null : Promise.resolve();
  return () => {
    answered ??= leg.answer().then(
      () => {
        // The flow may have let go of her meanwhile, and another goes on with what it had noted.
        const { stage } = record.state;
        if (stage !== "ended" && stage !== "fallback") record.note({ type: "answered" });
      },
      (error: unknown) => {
        answered = null; // Whoever asks again tries again.
        throw error;
      },
    );
    return answered;
  };
}

/** The end of every call: its one ending is noted, nothing of it is left, what follows a call is asked for. */
export async function endCall(
  record: CallRecord,
  ending: Ending,
  deps: Deps,
  how: { readonly leg?: Leg },
): Promise<void> {
  const { id } = record.state;
  try {
    record.note({ type: "ended", ending });
    await Promise.all([how.leg?.hangup(), record.written(), keepPlace(record.state, deps)]);
    await clearAway(id, deps);
  } catch (error) {
    deps.log.error({ call: id, err: error }, "the end of a call was not cleared away");
  }
}

/**
 * Nothing of a call is left, and the work that follows it is asked for. In this order: whoever dies in between leaves a
 * call to be cleared away, never one whose recording nobody fetches.
 */
export async function clearAway(
  id: CallId,
  { desk, jobs }: Pick<Deps, "desk" | "jobs">,
): Promise<void> {
  await jobs.ask({ type: "post_call", call: id });
  await desk.removeCall(id);
}

/**
 * No server wound the caller's switch, so the dialplan has her: nothing is taken back by force. The call stays live
 * until the dialplan offers her again (`take.ts`) or tells how it ended (`native.ts`).
 */
async function letDialplanHave(record: CallRecord): Promise<void> {
  record.note({ type: "released" });
  await record.written();
}

/** What it means that the flow was cut off where it was. */
export function endingAfter(error: unknown, state: CallState): Ending {
  if (!(error instanceof HungUp)) {
    return { result: "failed", reason: "internal_error", by: "system" };
  }
  // She was served: however the survey breaks off, that is how it ended.
  if (state.stage === "survey") return { result: "completed", reason: "talked", by: "agent" };
  if (state.calledBackBy !== null)
    return { result: "completed", reason: "callback_requested", by: "caller" };
  if (error.hangupCause === "asterisk_died") {
    return { result: "failed", reason: "asterisk_died", by: "system" };
  }
  // The channel broke: the caller did not give up.
  if (error.hangupCause === "failed") {
    return { result: "failed", reason: "channel_lost", by: "system" };
  }
  // We called her: whatever she did but talk, she gave nothing up.
  if (state.callback !== null && state.stage !== "in_progress")
    return { result: "unserved", reason: "callback_hung_up", by: "caller" };
  switch (state.stage) {
    case "initiated":
      return { result: "abandoned", reason: "hung_up_early", by: "caller" };
    case "menu":
      return { result: "abandoned", reason: "hung_up_in_menu", by: "caller" };
    case "queued":
    case "fallback":
      return { result: "abandoned", reason: "hung_up_waiting", by: "caller" };
    case "ringing":
      return { result: "abandoned", reason: "hung_up_ringing", by: "caller" };
    case "in_progress":
      return { result: "completed", reason: "talked", by: "caller" };
    case "voicemail":
      return { result: "unserved", reason: "hung_up_in_voicemail", by: "caller" };
    case "ended":
      return { result: "failed", reason: "ended_twice", by: "system" };
    default:
      state.stage satisfies never;
      return { result: "failed", reason: "internal_error", by: "system" };
  }
}
