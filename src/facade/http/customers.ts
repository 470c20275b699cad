import { asCustomerId, type CustomerId } from "../../domain/ids.ts";
import type { Customer, CustomerFilter } from "../../ports/store.ts";
import type { WireCustomer } from "../contract/customer.ts";
import { presentCall, presentTicket } from "../contract/present.ts";
import { toTime } from "../contract/words.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";

type CustomerDeps = Pick<FacadeDeps, "store" | "desk" | "clock" | "e164">;
/** How many calls and tickets of hers are shown. */
const HISTORY = 50;

/** Customers: whoever has called, by her number. */
export function customerHandlers({
  store,
  desk,
  clock,
  e164,
}: CustomerDeps): Some<"listCustomers" | "createCustomer" | "getCustomer" | "updateCustomer"> {
  const { customers } = store;

  /** Her calls, those that live among them, newest first. */
  async function callsOf(phone: string) {
    const [live, past] = await Promise.all([
      desk.liveCalls(),
      store.calls.list({ caller: phone, limit: HISTORY }),
    ]);
    const states = new Map(past.map((state) => [state.id, state]));
    for (const { state } of live) if (state.caller === phone) states.set(state.id, state);
    return [...states.values()]
      .sort((left, right) => right.startedAt - left.startedAt || (left.id < right.id ? 1 : -1))
      .slice(0, HISTORY);
  }

  return {
    async listCustomers({ input }) {
      const { q, cursor, limit } = input;
      const before = cursor === undefined ? {} : { before: asCustomerId(cursor) };
      const found = await customers.list({ ...searchOf(q, e164), ...before, limit });
      const last = found.length < limit ? undefined : found.at(-1);
      return { customers: found.map(presentCustomer), next_cursor: last?.id ?? null };
    },

    async createCustomer({ input, audit }) {
      const phone = e164(input.phone_number);
      if (phone === null)
        throw new Problem("bad_request", "One thing is wrong with the request.", {
          faults: ["phone_number: must be a telephone number, for example +254711000001"],
        });
      const known = await customers.byPhone(phone);
      if (known !== null) throw new Problem("conflict", `${known.id} has this number already.`);
      const customer = await customers.ensure(phone, input.name, clock.now());
      await audit("customer_created", customer.id);
      return saved(customer);
    },

    async getCustomer({ params }) {
      const customer = await named(asCustomerId(params.id));
      const [calls, tickets] = await Promise.all([
        callsOf(customer.phone),
        store.tickets.list({ customerPhone: customer.phone, limit: HISTORY }),
      ]);
      return {
        ...presentCustomer(customer),
        calls: calls.map(presentCall),
        tickets: tickets.map(presentTicket),
      };
    },

    async updateCustomer({ params, input, audit }) {
      const id = asCustomerId(params.id);
      const customer = await customers.rename(id, input.name);
      if (customer === null) throw noCustomer();
      await audit("customer_changed", id);
      return saved(customer);
    },
  };

  async function named(id: CustomerId): Promise<Customer> {
    const customer = await customers.get(id);
    if (customer === null) throw noCustomer();
    return customer;
  }
}

const noCustomer = () => new Problem("not_found", "There is no such customer.");

/** What looks like a number is looked for among the numbers, however it is written; all else among the names. */
function searchOf(
  q: string | undefined,
  e164: FacadeDeps["e164"],
): Pick<CustomerFilter, "name" | "digits"> {
  if (q === undefined) return {};
  if (!/^[+\d][\d ().-]*$/.test(q)) return { name: q };
  // What begins like a whole number is one; other digits may stand anywhere in it.
  const whole = /^[+0]/.test(q) ? e164(q) : null;
  return { digits: (whole ?? q).replaceAll(/\D/g, "") };
}

function saved(customer: Customer) {
  const { id } = customer;
  return { success: true as const, customer_id: id, customer: presentCustomer(customer) };
}

function presentCustomer({ id, phone, name, createdAt }: Customer): WireCustomer {
  return { customer_id: id, phone_number: phone, name, created_at: toTime(createdAt) };
}
