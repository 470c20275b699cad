import type { Job } from "../ports/jobs.ts";

/**
 * What makes two jobs the same job: `offer_due/CALL-0A1B2C3D4E5F6071/AGT-001`. No colon, which BullMQ reserves for keys
 * of its own.
 */
export function identityOf(job: Job): string {
  switch (job.type) {
    case "offer_due":
      return `${job.type}/${job.call}/${job.agent}`;
    case "rest_due":
    case "wrap_up_due":
      return `${job.type}/${job.agent}`;
    case "max_wait_due":
    case "callback_cancelled":
    case "call_order":
    case "post_call":
      return `${job.type}/${job.call}`;
    case "webhook_due":
      return `${job.type}/${job.delivery}`;
    case "assign":
      return job.type;
    default:
      job satisfies never;
      throw new Error("a job of an unknown type has no identity");
  }
}
