import type { AgentId, CallId, DeliveryId } from "../domain/ids.ts";
import type { Order } from "../domain/order.ts";

/**
 * Deadlines and background work that must happen even if this process dies. A job is only a reminder: its handler
 * looks at the desk or the store and does what is due there, so a job that runs twice, late, or for nothing is
 * harmless. The process that sees a change acts at once; the job is what makes it certain.
 *
 * A deadline that is seconds away may be stored up to a second after it was asked for: whoever takes up the calls and
 * agents of a process that died asks for their deadlines again.
 *
 * While the job queue is away (Redis is), jobs are kept and run by the process that asked, and stored when it returns.
 * A deadline is met within half a second even when the machine's clock is set meanwhile.
 *
 * Not here: results, progress, priorities, the queue library's own types.
 */
export type Job =
  /** A reservation's time is up. */
  | { readonly type: "offer_due"; readonly call: CallId; readonly agent: AgentId }
  /** An agent's rest after a failed offer is over. */
  | { readonly type: "rest_due"; readonly agent: AgentId }
  /** After-call work is over. */
  | { readonly type: "wrap_up_due"; readonly agent: AgentId }
  /** The call has waited as long as its queue allows. */
  | { readonly type: "max_wait_due"; readonly call: CallId }
  /** Nobody is to be called back by this call any more: whoever holds it ends it. */
  | { readonly type: "callback_cancelled"; readonly call: CallId }
  /**
   * What a user has asked of a call when its last fact was that of number `seq`, for whichever process holds it; after
   * `until` it is too late for that.
   */
  | {
      readonly type: "call_order";
      readonly call: CallId;
      readonly order: Order;
      readonly seq: number;
      readonly until: number;
    }
  /** A message to somebody outside is to be sent, or sent again. */
  | { readonly type: "webhook_due"; readonly delivery: DeliveryId }
  /** Something changed for waiting calls: run the assignment. One at a time, however often it is asked for. */
  | { readonly type: "assign" }
  /** A call ended: fetch its recordings, write its log, open its ticket. */
  | { readonly type: "post_call"; readonly call: CallId };

export interface Jobs {
  /** Sets the one handler. A rejection is retried with a growing delay, at most five times. Set before `start`. */
  onJob(handler: (job: Job) => Promise<void>): void;
  start(): Promise<void>;
  /** Lets running handlers end, then closes. */
  stop(): Promise<void>;
  health(): Promise<"up" | "down">;
  /**
   * Asks for a job after `delayMs`. The same job asked for again replaces the earlier one that has not run yet
   * (deadlines), or is the same one (`assign`). Accepted jobs outlive this process; work that follows a call may be done
   * before this settles.
   */
  ask(job: Job, delayMs?: number): Promise<void>;
  /** Takes a job back that has not run yet; nothing happens when there is none. */
  cancel(job: Job): Promise<void>;
}
