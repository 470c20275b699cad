import type { QueueName } from "../../domain/ids.ts";
import { chance, exponential } from "./chance.ts";
import type { Traffic } from "./erlang.ts";

/** A call that will come. */
export interface Arrival {
  readonly queue: QueueName;
  readonly priority: number;
  /** Milliseconds since the simulation began. */
  readonly at: number;
  /** How long after the one before in its queue. */
  readonly gapMs: number;
  /** How long it will keep an agent, after-call work included. */
  readonly handleMs: number;
  /** How long the caller will wait before she hangs up; infinite: for ever. */
  readonly patienceMs: number;
}

/** The calls of one queue. */
export interface Stream extends Traffic {
  readonly queue: QueueName;
  /** Of every call. */
  readonly priority?: number;
  /** After-call work: a fixed part of `handleMs`. */
  readonly wrapUpMs?: number;
}

/** So many calls of several queues, in the order in which they come; the same ones for the same seed. */
export function* arrivalsOf(
  streams: readonly Stream[],
  calls: number,
  seed: number,
): Generator<Arrival> {
  const sources = streams.map((stream, index) => source(stream, seed, 3 * index));
  for (let call = 0; call < calls; call += 1) {
    const [first, ...others] = sources;
    if (first === undefined) return;
    const next = others.reduce((one, other) => (other.next.at < one.next.at ? other : one), first);
    yield next.next;
    next.advance();
  }
}

interface Source {
  next: Arrival;
  advance(): void;
}

/** Each kind of time is drawn from a stream of its own, so that more agents or more patience meet the same calls. */
function source(stream: Stream, seed: number, streamNumber: number): Source {
  const { queue, callsPerHour, patienceMs, wrapUpMs = 0, priority = 0 } = stream;
  const coming = chance(seed, streamNumber);
  const talking = chance(seed, streamNumber + 1);
  const waiting = chance(seed, streamNumber + 2);
  const after = (at: number): Arrival => {
    const gapMs = exponential(3_600_000 / callsPerHour, coming);
    return {
      queue,
      priority,
      at: at + gapMs,
      gapMs,
      handleMs: wrapUpMs + exponential(stream.handleMs - wrapUpMs, talking),
      patienceMs: patienceMs === null ? Number.POSITIVE_INFINITY : exponential(patienceMs, waiting),
    };
  };
  const made: Source = {
    next: after(0),
    advance: () => {
      made.next = after(made.next.at);
    },
  };
  return made;
}
