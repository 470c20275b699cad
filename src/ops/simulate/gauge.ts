import type { Measures, Traffic } from "./erlang.ts";
import { type Estimate, estimate } from "./estimate.ts";
import type { Outcome } from "./play.ts";

/** What is estimated of the calls of one queue. */
export type Estimates = Readonly<Record<Exclude<keyof Measures, "occupancy">, Estimate>>;

/** Sums over the calls of one batch. */
interface Batch {
  calls: number;
  waited: number;
  abandoned: number;
  inTime: number;
  waitMs: number;
  /** Of those who were answered. */
  answerMs: number;
  gapMs: number;
  handleMs: number;
}

const empty = (): Batch => ({
  calls: 0,
  waited: 0,
  abandoned: 0,
  inTime: 0,
  waitMs: 0,
  answerMs: 0,
  gapMs: 0,
  handleMs: 0,
});

/** Measures what becomes of the calls of one queue, in batches by the order in which they came. */
export class Gauge {
  readonly #traffic: Traffic;
  readonly #withinMs: number;
  readonly #batchCalls: number;
  readonly #batches: Batch[] = [];

  /** `batchCalls`: how many calls, of all queues together, are one batch. */
  constructor(traffic: Traffic, withinMs: number, batchCalls: number) {
    this.#traffic = traffic;
    this.#withinMs = withinMs;
    this.#batchCalls = batchCalls;
  }

  note({ index, waitedMs, agent, gapMs, handleMs }: Outcome): void {
    const at = Math.floor(index / this.#batchCalls);
    while (this.#batches.length <= at) this.#batches.push(empty());
    const batch = this.#batches[at] ?? empty();
    batch.calls += 1;
    batch.gapMs += gapMs;
    batch.handleMs += handleMs;
    batch.waitMs += waitedMs;
    if (waitedMs > 0) batch.waited += 1;
    if (agent === null) batch.abandoned += 1;
    else {
      batch.answerMs += waitedMs;
      if (waitedMs <= this.#withinMs) batch.inTime += 1;
    }
  }

  /**
   * The estimates from every batch but the first, in which the house was still filling. What is known of the traffic
   * takes out what a batch owes to its luck in arrivals and in long calls.
   */
  estimates(): Estimates {
    const batches = this.#batches.slice(1).filter(({ calls }) => calls > 0);
    const { callsPerHour, handleMs } = this.#traffic;
    const controls = [
      batches.map((batch) => batch.gapMs / batch.calls - 3_600_000 / callsPerHour),
      batches.map((batch) => batch.handleMs / batch.calls - handleMs),
    ];
    const of = (value: (batch: Batch) => number) => estimate(batches.map(value), controls);
    return {
      waits: of(({ waited, calls }) => waited / calls),
      abandons: of(({ abandoned, calls }) => abandoned / calls),
      inTime: of(({ inTime, calls }) => inTime / calls),
      waitMs: of(({ waitMs, calls }) => waitMs / calls),
      answerMs: of(({ answerMs, abandoned, calls }) => answerMs / Math.max(1, calls - abandoned)),
    };
  }
}
