import { isToBeCalled } from "../domain/callback.ts";
import { KituoError } from "../domain/errors.ts";
import type { Job } from "../ports/jobs.ts";
import type { Deps } from "./deps.ts";
import { passOn } from "./orders.ts";
import { finishCall } from "./post-call.ts";
import { deliver } from "./webhooks.ts";

/** How soon it is asked again which process holds a call. */
const ASK_AGAIN_MS = 1_000;

/**
 * What each job does when its time has come. Most deadlines were met by the flow that set them; the job makes certain.
 * Whoever is freed here wakes the dispatcher through the desk's own change.
 */
export async function handleJob(job: Job, deps: Deps): Promise<void> {
  const { desk, jobs, journal, clock, dispatcher, log } = deps;
  switch (job.type) {
    case "offer_due":
    case "rest_due": {
      const now = clock.now();
      for (const { agent, call } of await desk.expire(now)) {
        if (call !== null) log.warn({ agent, call }, "an offer was never ended and has expired");
      }
      const reservation = (await desk.agent(job.agent))?.reservation;
      // The reminder came early, by a clock that was set, or she has been offered another call since.
      if (reservation !== undefined && reservation.is !== "none" && reservation.until > now) {
        await jobs.ask(job, reservation.until - now);
      }
      return;
    }
    case "wrap_up_due": {
      const now = clock.now();
      if (await desk.endWrapUp(job.agent, now)) return;
      const agent = await desk.agent(job.agent);
      // Her after-call work was extended, or another one has begun since.
      if (agent?.presence.is === "after_call")
        await jobs.ask(job, Math.max(1, agent.presence.until - now));
      return;
    }
    case "max_wait_due":
      if (!dispatcher.notify(job.call, { type: "waited_too_long" })) {
        log.debug({ call: job.call }, "a call that waited too long is not waiting here any more");
      }
      return;
    case "callback_cancelled": {
      if (dispatcher.cancel(job.call)) return;
      // Its flow runs in another process, which may be the next to be asked.
      const live = await desk.liveCall(job.call);
      if (live !== null && isToBeCalled(live.state)) await jobs.ask(job, ASK_AGAIN_MS);
      return;
    }
    case "call_order":
      await passOn(job, deps);
      return;
    case "webhook_due":
      await deliver(job.delivery, deps);
      return;
    case "assign":
      await dispatcher.assignNow();
      return;
    case "post_call":
      // The end of the call may still be on its way to the store. What is away is not asked for it over and over.
      await journal.written();
      if (journal.health().state === "behind")
        throw new KituoError("store_down", `the log of ${job.call} waits in the journal`);
      await finishCall(job.call, deps);
      return;
    default:
      job satisfies never;
  }
}
