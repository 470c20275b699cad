import { isIn, isOutside } from "../domain/call.ts";
import type { Ending } from "../domain/call-fact.ts";
import type { QueueSettings } from "../domain/centre.ts";
import { asQueueName, type QueueName } from "../domain/ids.ts";
import type { Exit } from "../domain/ivr.ts";
import { type KeptPlace, overflowedIn } from "../domain/queue.ts";
import type { Outlook } from "../domain/routing/overflow.ts";
import type { NewEntry } from "../ports/desk.ts";
import { Inbox } from "../ports/inbox.ts";
import { returning } from "./again.ts";
import { type Call, languageOf, settingsOf } from "./call.ts";
import {
  letGoOfFound,
  type Meanwhile,
  type Met,
  metBefore,
  offerAgain,
  offerCall,
  offerOf,
} from "./offer.ts";
import { isOpen } from "./opening.ts";
import { heedRules, isWatched, refuse, Watched } from "./overflow.ts";
import { attend } from "./place.ts";
import { lookedBack, preferredNow, priorityOf } from "./regulars.ts";
import type { Scope } from "./scope.ts";
import { Settling } from "./settle.ts";
import { type Heard, offerSeveral, offerSeveralAgain } from "./several.ts";
import { playThrough } from "./speak.ts";
import { askForRating, isAsked } from "./survey.ts";
import { talk } from "./talk.ts";
import { leaveVoicemail } from "./voicemail.ts";
import { askWanted } from "./wanted.ts";
import { heedKeys, type Leaving, leaveQueue, putThrough, WayOut } from "./way-out.ts";

/** A reminder that comes this much before its time is not worth asking for again. */
const EARLY_MS = 50;

/** Queues the call, with music, until an agent answers, or a key or a rule of the queue takes the caller elsewhere. */
export async function waitForAgent(call: Call, queue: QueueName): Promise<Exit | Ending> {
  const settings = settingsOf(call, queue);
  const { state } = call.record;
  if (state.stage === "survey") return await askForRating(call, settings);
  if (isOutside(state)) return await putThrough(call, settings, null);
  // Whoever waits already when it closes is served: she came in time.
  if (!isIn(state, queue) && !(await call.scope.wait(isOpen(settings, call.deps)))) {
    await playThrough(call, ["closed"], languageOf(call));
    return await leaveVoicemail(call, queue, "closed");
  }
  const met =
    state.stage === "in_progress"
      ? metBefore(call, offerOf(call, settings))
      : ((await askWanted(call, settings)) ??
        (await call.scope.child((scope) => queueUp(call, scope, settings))));
  if (!("leg" in met)) return await leaveQueue(call, settings, met);
  const ending = await talk(call, met, settings);
  return isAsked(call, met, settings) ? await askForRating(call, settings) : ending;
}

/**
 * The waiting itself: all of it stops when an agent has answered. A call that waited before keeps its time of entry,
 * and with it its place; an offer that was under way goes on.
 */
async function queueUp(call: Call, scope: Scope, settings: QueueSettings): Promise<Met | Leaving> {
  const { deps, record } = call;
  const { id } = record.state;
  const queue = asQueueName(settings.name);
  const notices = new Inbox<Heard>();
  const places = new Inbox<number>();
  const watched = new Watched();
  const wayOut = new WayOut((by) => notices.put({ type: "leaves", by }));
  const registered = deps.dispatcher.register(id, {
    notify: (notice) => notices.put(notice),
    leaves: () => wayOut.taken !== null,
    place: (position) => {
      places.flush(); // Only the newest is worth telling.
      places.put(position);
    },
    ...(isWatched(settings) ? { see: (outlook: Outlook) => watched.see(outlook) } : {}),
  });
  // When nothing more comes in.
  scope.defer("give back offers that came too late", () => giveBack(call, notices));
  scope.defer("stop listening for offers", registered);
  // Whoever talks has left it in the step that connected her.
  scope.defer("leave the queue", () =>
    record.state.stage === "in_progress" ? undefined : deps.desk.leave(id),
  );
  scope.defer("let go of a phone that was found", () => letGoOfFound(call));
  scope.check();
  const rung = record.state.stage === "ringing";
  const { held } = call;
  call.held = null;
  // Of who was called back, the place and the agent who is kept for her are at the desk already.
  const isThere = rung || held !== null;
  const entered = isThere ? { looked: Promise.resolve() } : await enterQueue(call, scope, settings);
  if (!("looked" in entered)) return entered;
  const { looked } = entered;
  if (held !== null) notices.put({ type: "offer", ...held });
  const settling = new Settling(call, scope, queue, looked);
  scope.spawn("settle in", async () => {
    await settling.done;
    await attend(call, scope, settings, places, watched);
  });
  scope.spawn("heed the rules", () => heedRules(call, scope, settings, watched, wayOut));
  scope.spawn("heed keys", () => heedKeys(call, scope, settings, wayOut));
  boundWait(call, scope, settings, looked);
  const backInQueue = async (): Promise<void> => {
    const { waiting } = await scope.wait(deps.desk.view());
    // Who still has her place may have been offered to somebody meanwhile, which joining anew would undo.
    const hasPlace = waiting.some((other) => other.call === id);
    if (!hasPlace) await scope.wait(joinQueue(call, settings));
    settling.again();
  };
  const tooLong = async (): Promise<void> => {
    // The clock that the reminder went by may have been set since; the wait is counted by our own.
    if (remainingWait(call, settings) > EARLY_MS) await scope.wait(boundary(call, settings));
    else wayOut.take({ to: settings.otherwise, why: "waited_too_long" });
  };
  const caller: Meanwhile = { ready: () => settling.meet(), left: wayOut.pressed };
  const wait = { settings, heard: notices, caller, wayOut, tooLong };
  const several = settings.ring !== "one";
  if (rung) {
    const met = several
      ? await offerSeveralAgain(call, scope, wait)
      : await offerAgain(call, scope, settings, caller);
    if (typeof met !== "string") return met;
    await backInQueue();
  }
  for (;;) {
    // An agent who was reserved in this very moment is freed with the place in the queue.
    if (wayOut.taken !== null) return wayOut.taken;
    const notice = await notices.next(scope.signal);
    if (notice.type === "waited_too_long") await tooLong();
    if (notice.type !== "offer" || wayOut.taken !== null) continue;
    const met = several
      ? await offerSeveral(call, scope, notice.assignment, wait)
      : await offerCall(call, scope, notice.assignment, settings, caller);
    if (met === "lost") await backInQueue();
    else if (typeof met !== "string") return met;
  }
}

/** Frees agents who were reserved beside the one who has answered, and whose phones have not been rung. */
async function giveBack({ deps, record }: Call, notices: Inbox<Heard>): Promise<void> {
  const signal = AbortSignal.any([]);
  while (notices.ready > 0) {
    const notice = await notices.next(signal);
    if (notice.type !== "offer") continue;
    await deps.desk.release(record.state.id, notice.assignment.agent, "caller_left", 0);
  }
}

/** Takes the place in the queue; gives the look for a free agent that was begun behind it. */
async function enterQueue(
  call: Call,
  scope: Scope,
  settings: QueueSettings,
): Promise<{ readonly looked: Promise<void> } | Leaving> {
  const { record, deps } = call;
  const queue = asQueueName(settings.name);
  await lookedBack(call, settings);
  // All three go to the desk in one breath, in this order; a queue that does not take her is left again at once.
  const joined = joinQueue(call, settings);
  const viewed = deps.desk.view();
  const looked = deps.dispatcher.look();
  const [{ kept, since }, view] = await scope.wait(Promise.all([joined, viewed]));
  const { state } = record;
  const comesBack = isIn(state, queue);
  const refused = comesBack ? null : refuse(call, settings, view);
  if (refused !== null) return refused;
  if (comesBack && state.stage === "queued") return { looked };
  const priority = kept?.asked.priority ?? priorityOf(call);
  const done = kept === null ? {} : { done: doneIn(kept) };
  record.note({ type: "queued", queue, priority, ...(since === null ? {} : { since }), ...done });
  return { looked };
}

/**
 * The place of her call before, where that was cut off, and since when she waits: of her first queue that is told in
 * words, for whoever takes her up gives the desk the same moment again, or she would change places with her neighbour.
 */
interface Joined {
  readonly kept: KeptPlace | null;
  readonly since: number | null;
}

/** What the overflow had done for her in her call of before. */
const doneIn = ({ asked: { widened, alsoQueues }, overflowed }: KeptPlace) => ({
  widened: widened === true,
  ...(alsoQueues === undefined ? {} : { alsoQueues }),
  overflowed,
});

/**
 * Enters the desk's queue with the time of the first entry, so that a call that comes back keeps its place; so does a
 * caller who was cut off and dials again.
 */
async function joinQueue(call: Call, settings: QueueSettings): Promise<Joined> {
  const { deps, record } = call;
  const { state } = record;
  const queue = asQueueName(settings.name);
  const prefers = preferredNow(call, settings);
  const enteredAt = state.queuedAt ?? cameAt(call);
  const entry: NewEntry = {
    call: state.id,
    queue,
    priority: priorityOf(call),
    language: state.language,
    ...(isIn(state, queue) ? overflowedIn(state) : {}),
    enteredAt,
    owner: deps.owner,
    ...(prefers === null ? {} : { prefers }),
  };
  const kept = await deps.desk.join(entry, returning(state, deps));
  return { kept, since: kept?.enteredAt ?? (state.queuedAt === null ? enteredAt : null) };
}

/**
 * When a caller came into her first queue. Who came straight there, held by the dialplan or not, came when Asterisk got
 * her call: how long it took a flow to come this far must not change who came first.
 */
function cameAt({ leg, record, deps }: Call): number {
  const { menu, language } = record.state;
  const now = deps.clock.now();
  return menu === null && language === null ? Math.min(leg.arrivedAt, now) : now;
}

/** The longest wait is a stored deadline; it is stored behind the caller's back, an offer need not wait for it. */
function boundWait(call: Call, scope: Scope, settings: QueueSettings, looked: Promise<void>): void {
  const { jobs } = call.deps;
  const stored = looked.then(() => boundary(call, settings));
  scope.defer("forget the longest wait", async () => {
    await Promise.allSettled([stored]);
    await jobs.cancel({ type: "max_wait_due", call: call.record.state.id });
  });
  scope.spawn("store the longest wait", () => stored);
}

async function boundary(call: Call, settings: QueueSettings): Promise<void> {
  const deadline = { type: "max_wait_due", call: call.record.state.id } as const;
  await call.deps.jobs.ask(deadline, Math.max(0, remainingWait(call, settings)));
}

function remainingWait({ record, deps }: Call, { maxWaitMs }: QueueSettings): number {
  const now = deps.clock.now();
  return (record.state.joinedAt ?? now) + maxWaitMs - now;
}
