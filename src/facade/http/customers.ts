import type { Customer, CustomerChange } from "../../domain/customer.ts";
import { asCustomerId } from "../../domain/ids.ts";
import type { CustomerRefusal } from "../../ports/store.ts";
import { presentCall, presentTicket } from "../contract/present.ts";
import { presentCustomer } from "../contract/present-customer.ts";
import { callsOf, namedCustomer, noCustomer, ticketsOf } from "./customer-history.ts";
import { listedCustomers } from "./customer-list.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Asked, Some } from "./handler.ts";
import { Problem } from "./problems.ts";

export type CustomerDeps = Pick<FacadeDeps, "store" | "desk" | "clock" | "e164">;

/** Customers: whoever has called, by her numbers. */
export function customerHandlers(
  deps: CustomerDeps,
): Some<"listCustomers" | "createCustomer" | "getCustomer" | "updateCustomer" | "mergeCustomers"> {
  const { store, clock, e164 } = deps;
  const { customers } = store;
  return {
    async listCustomers({ input }) {
      const { found, next } = await listedCustomers(deps, input, input.limit);
      return { customers: found.map(presentCustomer), next_cursor: next };
    },

    async createCustomer({ input, audit }) {
      const { phone_number, ...details } = input;
      const phones = numbersOf([phone_number], "phone_number", e164);
      const customer = written(await customers.add({ phones, ...defined(details) }, clock.now()));
      await audit("customer_created", customer.id);
      return saved(customer);
    },

    async getCustomer({ params }) {
      const customer = await namedCustomer(deps, params.id);
      const [calls, tickets] = await Promise.all([
        callsOf(deps, customer),
        ticketsOf(deps, customer),
      ]);
      return {
        ...presentCustomer(customer),
        calls: calls.map(presentCall),
        tickets: tickets.map(presentTicket),
      };
    },

    async updateCustomer({ params, input, user, audit, ifMatch }) {
      const { phone_numbers, email, legal_hold, ...details } = input;
      if (legal_hold !== undefined && user.role !== "admin") {
        throw new Problem("not_allowed", "A legal hold is set and lifted by admins.");
      }
      const now = clock.now();
      const hold = legal_hold && { reason: legal_hold.reason, by: user.username, at: now };
      const change: CustomerChange = {
        ...defined(details),
        ...(email === undefined ? {} : { email: email === "" ? null : email }),
        ...(phone_numbers === undefined
          ? {}
          : { phones: numbersOf(phone_numbers, "phone_numbers", e164) }),
        ...(hold === undefined ? {} : { legalHold: hold }),
      };
      const id = asCustomerId(params.id);
      const customer = written(await customers.update(id, change, now, versionsOf(ifMatch)));
      const changed = Object.keys(change).filter((field) => field !== "legalHold");
      if (changed.length > 0) await audit("customer_changed", customer.id);
      if (hold !== undefined) {
        await audit("legal_hold_changed", customer.id, { detail: { held: hold !== null } });
      }
      return saved(customer);
    },

    async mergeCustomers({ params, input, audit }) {
      if (params.id === input.other) {
        throw new Problem("bad_request", "One thing is wrong with the request.", {
          faults: ["other: must be another customer than the one in the path"],
        });
      }
      const other = await namedCustomer(deps, input.other, "other");
      const merged = await customers.merge(asCustomerId(params.id), other.id, clock.now());
      const customer = written(merged);
      // Those that were one already are not merged again.
      if (customer.id !== other.id) {
        await audit("customer_merged", customer.id, { detail: { other: other.id } });
      }
      return saved(customer);
    },
  };
}

/** Numbers as E.164; every one that is none is named. */
export function numbersOf(
  numbers: readonly string[],
  field: string,
  e164: CustomerDeps["e164"],
): readonly string[] {
  const read = numbers.map((number) => e164(number));
  const faults = read.flatMap((phone, index) =>
    phone === null
      ? [
          `${numbers.length === 1 ? field : `${field}.${index}`}: must be a telephone number, for example +254711000001`,
        ]
      : [],
  );
  if (faults.length > 0) throw new Problem("bad_request", "A number is none.", { faults });
  return read.filter((phone) => phone !== null);
}

/** The customer that was written, or why she was not. */
function written(result: Customer | CustomerRefusal): Customer {
  if ("refused" in result) throw refusedBy(result);
  return result;
}

/** Why a customer was left as she was, in the words of the API. */
export function refusedBy(refusal: CustomerRefusal): Problem {
  switch (refusal.refused) {
    case "unknown":
      return noCustomer();
    case "changed":
      return new Problem("precondition_failed", "The customer has another ETag by now.");
    case "number_taken":
      return new Problem("conflict", `${refusal.by} has this number already.`);
    case "too_many_numbers":
      return new Problem("conflict", "The customer would have too many numbers.");
    case "on_hold":
      return new Problem("legal_hold", "The customer is under a legal hold.");
    default:
      return refusal satisfies never;
  }
}

/** What `If-Match` names, as versions; a tag that is none of ours fits no customer. */
function versionsOf(ifMatch: Asked<never>["ifMatch"]): readonly number[] | undefined {
  return ifMatch?.map((tag) => (/^\d+$/.test(tag) ? Number(tag) : 0));
}

/** Without what was not named. */
function defined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const named = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named) as { [K in keyof T]: Exclude<T[K], undefined> };
}

function saved(customer: Customer) {
  const { id } = customer;
  return { success: true as const, customer_id: id, customer: presentCustomer(customer) };
}
