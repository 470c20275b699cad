import { setTimeout } from "node:timers/promises";
import type { CallId } from "../../domain/ids.ts";

/** How long a call waits at most for the phones of the one before it to be asked: Asterisk may be slow. */
const AT_MOST_MS = 50;

/** The phones of one call that Asterisk is being asked to ring. */
interface Turn {
  readonly call: CallId;
  /** What they wait for. */
  readonly before: Promise<unknown> | null;
  asked: Promise<unknown>;
}

/**
 * The order in which phones are asked to ring: call by call, as the calls were given their agents, and all phones of one
 * call at once. Asked at the same time, Asterisk rings them in any order, and who came first would ring last.
 */
export class RingTurns {
  #last: Turn | null = null;
  readonly #atMostMs: number;

  constructor(atMostMs = AT_MOST_MS) {
    this.#atMostMs = atMostMs;
  }

  /** Asks when it is this call's turn; at once when no other call is being asked for. */
  async take<Value>(call: CallId, ask: () => Promise<Value>): Promise<Value> {
    const last = this.#last;
    const joins = last?.call === call;
    const before = joins
      ? last.before
      : last === null
        ? null
        : soonAfter(last.asked, this.#atMostMs);
    const asking = before === null ? ask() : before.then(ask);
    const turn = joins ? last : { call, before, asked: Promise.resolve() };
    const asked = Promise.allSettled([turn.asked, asking]);
    turn.asked = asked;
    this.#last = turn;
    void asked.then(() => {
      if (this.#last === turn && turn.asked === asked) this.#last = null;
    });
    return await asking;
  }
}

/** Settles when that has, or a moment later in any case. */
async function soonAfter(asked: Promise<unknown>, atMostMs: number): Promise<void> {
  const over = new AbortController();
  const late = setTimeout(atMostMs, undefined, { signal: over.signal }).catch(() => undefined);
  await Promise.race([asked, late]);
  over.abort();
}
