import type { CallState } from "../domain/call.ts";
import type { CallId } from "../domain/ids.ts";
import { type Order, refusalOf } from "../domain/order.ts";
import type { Job } from "../ports/jobs.ts";
import { cancelCallback } from "./cancel.ts";
import type { Deps } from "./deps.ts";

/** How long an order may be on its way to the process that holds the call: nobody expects it any more after that. */
const WITHIN_MS = 10_000;
/** How soon it is asked again which process that is. */
const ASK_AGAIN_MS = 100;

/** The reason with which a call's flow is cut off: it goes on as it was ordered to. */
export class Ordered extends Error {
  override readonly name = "Ordered";
}

/** The orders that one call is given while its flow runs: each cuts the flow off where it is. */
export class Given {
  readonly #state: () => CallState;
  #cut = new AbortController();
  #last: Order | null = null;

  constructor(state: () => CallState) {
    this.#state = state;
  }

  /** Aborts, with {@link Ordered}, when there is an order; until {@link next} has given it. */
  get signal(): AbortSignal {
    return this.#cut.signal;
  }

  /** The last one counts while an earlier one is being carried out; but what is to end, ends. */
  take(order: Order): void {
    if (this.#last?.do === "end" || refusalOf(this.#state(), order) !== null) return;
    this.#last = order;
    this.#cut.abort(new Ordered("somebody has other plans with the call"));
  }

  /** The order to carry out; `null`, where the call has come to a stage meanwhile that does not allow it. */
  next(): Order | null {
    const order = this.#last;
    this.#last = null;
    this.#cut = new AbortController();
    return order === null || refusalOf(this.#state(), order) !== null ? null : order;
  }
}

/** The calls of this process that take orders. */
export class Orders {
  readonly #given = new Map<CallId, Given>();

  /** Whoever runs a call is given its orders from now on; returns what ends that. */
  listen(call: CallId, given: Given): () => void {
    this.#given.set(call, given);
    return () => {
      if (this.#given.get(call) === given) this.#given.delete(call);
    };
  }

  /** Gives an order; `false` when the call's flow is not here, or has ended. */
  give(call: CallId, order: Order): boolean {
    const given = this.#given.get(call);
    given?.take(order);
    return given !== undefined;
  }
}

type OrderDeps = Pick<Deps, "clock" | "desk" | "jobs" | "orders">;

/**
 * Has an order carried out, whichever process holds the call. Settles when it is on its way, with what speaks against
 * it: `null`, `gone` when no such call is live, or a reason in words.
 */
export async function orderCall(
  call: CallId,
  order: Order,
  deps: OrderDeps,
): Promise<null | "gone" | { readonly refused: string }> {
  const live = await deps.desk.liveCall(call);
  if (live === null || live.state.stage === "ended") return "gone";
  const refused = refusalOf(live.state, order);
  if (refused !== null) return { refused };
  if (order.do === "end" && (await cancelCallback(call, deps))) return null;
  if (!deps.orders.give(call, order)) {
    const until = deps.clock.now() + WITHIN_MS;
    const { seq } = live.state;
    await deps.jobs.ask({ type: "call_order", call, order, seq, until });
  }
  return null;
}

/**
 * An order that came over the queue of jobs: its call may be here, or in the process that is asked next. A job may run
 * twice: what has been taken elsewhere since it was asked for has been so by this order, or by a later one.
 */
export async function passOn(
  job: Extract<Job, { readonly type: "call_order" }>,
  { clock, desk, jobs, orders, log }: OrderDeps & Pick<Deps, "log">,
): Promise<void> {
  const { call, order, seq, until } = job;
  const live = await desk.liveCall(call);
  if (live === null || (live.state.movedSeq ?? 0) > seq) return;
  if (refusalOf(live.state, order) !== null || orders.give(call, order)) return;
  if (clock.now() < until) return await jobs.ask(job, ASK_AGAIN_MS);
  log.warn({ call, order: order.do }, "nobody carried out an order in time");
}
