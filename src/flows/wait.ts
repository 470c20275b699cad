import type { Ending } from "../domain/call.ts";
import type { QueueSettings } from "../domain/centre.ts";
import { KituoError } from "../domain/errors.ts";
import { asQueueName, type QueueName } from "../domain/ids.ts";
import type { Exit } from "../domain/ivr.ts";
import { Inbox } from "../ports/inbox.ts";
import { type Call, languageOf } from "./call.ts";
import type { Notice } from "./dispatch.ts";
import { type Met, offerCall } from "./offer.ts";
import { attend, WAIT_LEASE_MS } from "./place.ts";
import type { Scope } from "./scope.ts";
import { playThrough } from "./speak.ts";
import { talk } from "./talk.ts";
import { leaveVoicemail } from "./voicemail.ts";

/** How long Asterisk is left to ring an agent's phone before it is asked for music. */
const SETTLE_AFTER_MS = 10;

/** Queues the call, with music, until an agent answers, nobody can, or it took too long. */
export async function waitForAgent(call: Call, queue: QueueName): Promise<Exit | Ending> {
  const settings = settingsOf(call, queue);
  const met = await call.scope.child((scope) => queueUp(call, scope, settings));
  if (met === "nobody_signed_in") {
    await playThrough(call, ["no-agents"], languageOf(call));
    return await leaveVoicemail(call, queue, met);
  }
  if (met !== "waited_too_long") return await talk(call, met, settings);
  call.record.note({ type: "left_queue", queue, why: met });
  const room = await call.scope.wait(call.deps.telephony.waitingRoom(queue));
  await call.scope.wait(room.leave(call.leg));
  return await leaveVoicemail(call, queue, met);
}

/** The waiting itself: all of it stops when an agent has answered. */
async function queueUp(
  call: Call,
  scope: Scope,
  settings: QueueSettings,
): Promise<Met | "waited_too_long" | "nobody_signed_in"> {
  const { deps, leg } = call;
  const { id } = call.record.state;
  const queue = asQueueName(settings.name);
  const notices = new Inbox<Notice>();
  const places = new Inbox<number>();
  const registered = deps.dispatcher.register(id, {
    notify: (notice) => notices.put(notice),
    place: (position) => {
      places.flush(); // Only the newest is worth telling.
      places.put(position);
    },
  });
  scope.defer("stop listening for offers", registered);
  scope.defer("leave the queue", () => deps.desk.leave(id));
  // All three go to the desk in one breath, in this order; a queue that nobody serves is left again at once.
  const joined = joinQueue(call, settings);
  const served = somebodySignedIn(call, queue);
  const looked = deps.dispatcher.look();
  const [, isServed] = await scope.wait(Promise.all([joined, served]));
  if (!isServed) return "nobody_signed_in";
  call.record.note({ type: "queued", queue, priority: 0 });
  // A free agent's phone rings before anything else is done; the caller hears music a moment later, and they are
  // brought together only after.
  const settled = looked.then(async () => {
    await scope.sleep(SETTLE_AFTER_MS);
    await settleIn(call, queue);
  });
  scope.spawn("settle in", async () => {
    await settled;
    await attend(call, scope, settings, places);
  });
  boundWait(call, scope, settings, looked);
  for (;;) {
    const notice = await notices.next(scope.signal);
    if (notice.type === "waited_too_long") return notice.type;
    const met = await offerCall(call, scope, notice.assignment, settings, settled);
    if (met === "lost") {
      const room = await scope.wait(deps.telephony.waitingRoom(queue));
      await scope.wait(Promise.all([joinQueue(call, settings), room.enter(leg)]));
    } else if (met !== "not_answered") return met;
  }
}

/** Enters the desk's queue with the time of the first entry, so that a call that comes back keeps its place. */
async function joinQueue(call: Call, settings: QueueSettings): Promise<void> {
  const { deps, record } = call;
  await deps.desk.join({
    call: record.state.id,
    queue: asQueueName(settings.name),
    priority: record.state.priority,
    enteredAt: record.state.queuedAt ?? deps.clock.now(),
    owner: deps.owner,
  });
}

async function settleIn(call: Call, queue: QueueName): Promise<void> {
  const room = await call.deps.telephony.waitingRoom(queue);
  await call.leg.label({ call: call.record.state.id, role: "caller", queue });
  await call.leg.wind(WAIT_LEASE_MS);
  await room.enter(call.leg);
}

/** The longest wait is a stored deadline; it is stored behind the caller's back, an offer need not wait for it. */
function boundWait(call: Call, scope: Scope, settings: QueueSettings, looked: Promise<void>): void {
  const { jobs } = call.deps;
  const deadline = { type: "max_wait_due", call: call.record.state.id } as const;
  const stored = looked.then(() => jobs.ask(deadline, settings.maxWaitMs));
  scope.defer("forget the longest wait", async () => {
    await Promise.allSettled([stored]);
    await jobs.cancel(deadline);
  });
  scope.spawn("store the longest wait", () => stored);
}

function settingsOf(call: Call, queue: QueueName): QueueSettings {
  const settings = call.deps.centre.queues.find((each) => each.name === queue);
  if (settings === undefined) throw new KituoError("queue_unknown", `there is no queue ${queue}`);
  return settings;
}

/** Whether anybody who serves the queue is signed in, free or not. */
async function somebodySignedIn(call: Call, queue: QueueName): Promise<boolean> {
  const agents = await call.scope.wait(call.deps.desk.agents());
  return agents.some((agent) => agent.queues.includes(queue) && agent.presence.is !== "offline");
}
