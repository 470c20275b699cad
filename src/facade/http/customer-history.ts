import type { CallState } from "../../domain/call.ts";
import type { Customer } from "../../domain/customer.ts";
import { asCustomerId } from "../../domain/ids.ts";
import type { Ticket } from "../../ports/store.ts";
import type { FacadeDeps } from "./deps.ts";
import { Problem } from "./problems.ts";

type HistoryDeps = Pick<FacadeDeps, "store" | "desk">;

/** How many calls and tickets of a customer are shown. */
const SHOWN = 50;

export const noCustomer = () => new Problem("not_found", "There is no such customer.");

/** The customer of this id, or the one it was merged into. `field`: where the id stood, when not in the path. */
export async function namedCustomer(
  { store }: Pick<FacadeDeps, "store">,
  id: string,
  field?: string,
): Promise<Customer> {
  const customer = await store.customers.get(asCustomerId(id));
  if (customer !== null) return customer;
  if (field === undefined) throw noCustomer();
  throw new Problem("not_found", "There is no such customer.", {
    faults: [`${field}: there is no such customer`],
  });
}

/** Her calls, those that live among them, newest first. */
export async function callsOf(
  { store, desk }: HistoryDeps,
  { phones }: Customer,
): Promise<readonly CallState[]> {
  const [live, ...past] = await Promise.all([
    desk.liveCalls(),
    ...phones.map((caller) => store.calls.list({ caller, limit: SHOWN })),
  ]);
  const states = new Map(past.flat().map((state) => [state.id, state]));
  for (const { state } of live) if (phones.includes(state.caller)) states.set(state.id, state);
  return [...states.values()].sort(newestFirst).slice(0, SHOWN);
}

/** As lists of calls are sorted. */
export function newestFirst(left: CallState, right: CallState): number {
  return right.startedAt - left.startedAt || (left.id < right.id ? 1 : -1);
}

/** Her tickets, newest first. */
export async function ticketsOf(
  { store }: Pick<FacadeDeps, "store">,
  { phones }: Customer,
  limit = SHOWN,
): Promise<readonly Ticket[]> {
  const lists = await Promise.all(
    phones.map((customerPhone) => store.tickets.list({ customerPhone, limit })),
  );
  return lists
    .flat()
    .sort((left, right) => right.createdAt - left.createdAt || (left.id < right.id ? 1 : -1))
    .slice(0, limit);
}
