import type { Customer } from "../domain/customer.ts";
import { KituoError } from "../domain/errors.ts";
import type { CallId, DeliveryId, TicketId } from "../domain/ids.ts";
import type { AudioArchive } from "../ports/audio.ts";
import type { Clock } from "../ports/clock.ts";
import type { Desk } from "../ports/desk.ts";
import type { Erased } from "../ports/erasure.ts";
import type { CallFilter, CustomerRefusal, Store } from "../ports/store.ts";

export interface EraseDeps {
  readonly store: Pick<
    Store,
    "calls" | "tickets" | "recordings" | "webhooks" | "erasure" | "customers"
  >;
  readonly archive: Pick<AudioArchive, "remove">;
  readonly desk: Pick<Desk, "liveCalls">;
  readonly clock: Clock;
}

/** How many calls are erased in one step; in between, calls that live have their turn. */
const CALLS_AT_ONCE = 50;
const PAGE = 500;

export type ErasedAll = Erased & { readonly messages: number };

/**
 * Erases what is kept of a customer: who her calls were with and what was said in them, her tickets, the messages that
 * told others of them, herself. She comes last: whoever is interrupted asks again, and the rest is found by her numbers.
 * Rejects with `conflict` while a call of hers lives, or has only just ended; gives why, when she may not be erased.
 */
export async function eraseCustomer(
  customer: Customer,
  deps: EraseDeps,
): Promise<ErasedAll | CustomerRefusal> {
  const { store, desk, clock } = deps;
  if (customer.legalHold !== null) return { refused: "on_hold" };
  // Whoever calls from now on is somebody new.
  const before = clock.now() + 1;
  const live = (await desk.liveCalls()).find(({ state }) => customer.phones.includes(state.caller));
  if (live !== undefined) {
    throw new KituoError(
      "conflict",
      `${live.state.id} of this customer is live or has only just ended; ask again after that`,
    );
  }
  const sum = { calls: 0, transcriptLines: 0, recordings: 0, wrapUpNotes: 0, tickets: 0 };
  const names = new Set<string>(customer.phones);
  for (const caller of customer.phones) {
    for await (const calls of callsOf({ caller, before }, store)) {
      for (const file of await filesOf(calls, store)) await deps.archive.remove(file);
      for (const id of [...calls, ...(await ticketsOf(calls, store))]) names.add(id);
      const erased = await store.erasure.calls(calls);
      for (const what of Object.keys(sum) as (keyof Erased)[]) sum[what] += erased[what];
    }
    for (;;) {
      const tickets = await store.tickets.list({ customerPhone: caller, limit: PAGE });
      if (tickets.length === 0) break;
      const ids = tickets.map(({ id }) => id);
      for (const id of ids) names.add(id);
      sum.tickets += await store.erasure.tickets(ids);
    }
  }
  const messages = await messagesAbout(names, store);
  await store.erasure.messages(messages);
  const refused = await store.customers.erase(customer.id, clock.now());
  return refused ?? { ...sum, messages: messages.length };
}

async function* callsOf(
  wanted: Pick<CallFilter, "caller" | "before">,
  { calls }: Pick<Store, "calls">,
): AsyncGenerator<readonly CallId[]> {
  for (let filter: CallFilter = { ...wanted, limit: CALLS_AT_ONCE }; ; ) {
    const found = await calls.list(filter);
    const last = found.at(-1);
    if (last === undefined) return;
    yield found.map(({ id }) => id);
    filter = { ...filter, before: last.startedAt, beforeId: last.id };
  }
}

async function filesOf(
  calls: readonly CallId[],
  { recordings }: Pick<Store, "recordings">,
): Promise<readonly string[]> {
  const entries = await Promise.all(calls.map((call) => recordings.ofCall(call)));
  return entries.flat().map(({ file }) => file);
}

async function ticketsOf(
  calls: readonly CallId[],
  { tickets }: Pick<Store, "tickets">,
): Promise<readonly TicketId[]> {
  const lists = await Promise.all(calls.map((call) => tickets.list({ call, limit: PAGE })));
  return lists.flat().map(({ id }) => id);
}

/** The messages to webhooks that name one of her numbers, calls or tickets. */
async function messagesAbout(
  names: ReadonlySet<string>,
  { webhooks }: Pick<Store, "webhooks">,
): Promise<readonly DeliveryId[]> {
  const about: DeliveryId[] = [];
  for (let before: { before?: DeliveryId } = {}; ; ) {
    const page = await webhooks.deliveries({ ...before, limit: PAGE });
    about.push(...page.filter(({ body }) => isAbout(names, body)).map(({ id }) => id));
    const last = page.at(-1);
    if (last === undefined) return about;
    before = { before: last.id };
  }
}

function isAbout(names: ReadonlySet<string>, body: string): boolean {
  const strings = body.matchAll(/"((?:[^"\\]|\\.)*)"/g);
  return strings.some(([, text = ""]) => names.has(text));
}
