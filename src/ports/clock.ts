/**
 * Time, so that flows can be run on a clock that tests wind forward. `now` is milliseconds since 1970. `sleep` may
 * only make something faster: what must happen at a deadline is a job or a lease, never a sleep.
 */
export interface Clock {
  now(): number;
  /** Settles after `ms`; rejects with the signal's reason when `signal` aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
