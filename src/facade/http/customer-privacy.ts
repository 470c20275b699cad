import type { CallState } from "../../domain/call.ts";
import type { Customer } from "../../domain/customer.ts";
import { asCallId } from "../../domain/ids.ts";
import { eraseCustomer } from "../../flows/erase.ts";
import {
  presentCallDetail,
  presentMessage,
  presentTicket,
  presentWrapUp,
} from "../contract/present.ts";
import { presentCustomer } from "../contract/present-customer.ts";
import { toTime } from "../contract/words.ts";
import { namedCustomer, newestFirst, ticketsOf } from "./customer-history.ts";
import { refusedBy } from "./customers.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";

type PrivacyDeps = Pick<FacadeDeps, "store" | "desk" | "clock" | "archive">;

/** How many calls are in one part of an export; how many tickets of each number are in the first. */
const CALLS = 100;
const TICKETS = 500;

/** What the law gives somebody whose data are kept: all of them, and their end. Both are on record. */
export function customerPrivacyHandlers(
  deps: PrivacyDeps,
): Some<"exportCustomer" | "eraseCustomer"> {
  const { store, clock } = deps;

  async function exported(state: CallState) {
    const [log, recordings, wrapUps, lines] = await Promise.all([
      store.calls.get(state.id),
      store.recordings.ofCall(state.id),
      store.wrapUps.ofCall(state.id),
      store.transcripts.list(state.id),
    ]);
    const said = wrapUps.map((each) => presentWrapUp(each, null));
    const detail = presentCallDetail(state, log?.events ?? [], recordings, said);
    return { ...detail, transcript: lines.map(presentMessage) };
  }

  /** The next part of her calls, and one more where there are more. */
  async function callsBefore({ phones }: Customer, before: object): Promise<readonly CallState[]> {
    const lists = await Promise.all(
      phones.map((caller) => store.calls.list({ caller, ...before, limit: CALLS + 1 })),
    );
    return lists
      .flat()
      .sort(newestFirst)
      .slice(0, CALLS + 1);
  }

  return {
    async exportCustomer({ params, input, audit }) {
      const { before, before_id } = input;
      if (before === undefined && before_id !== undefined) {
        throw new Problem("bad_request", "One thing is wrong with the request.", {
          faults: ["before_id: needs before beside it"],
        });
      }
      const customer = await namedCustomer(deps, params.id);
      const found = await callsBefore(customer, {
        ...(before === undefined ? {} : { before }),
        ...(before_id === undefined ? {} : { beforeId: asCallId(before_id) }),
      });
      const part = found.slice(0, CALLS);
      const last = found.length > CALLS ? part.at(-1) : undefined;
      const tickets = before === undefined ? await ticketsOf(deps, customer, TICKETS) : [];
      const calls = [];
      // One after another: an export may take its time, and the calls that live may not.
      for (const state of part) calls.push(await exported(state));
      await audit("customer_exported", customer.id, { detail: { calls: calls.length } });
      return {
        exported_at: toTime(clock.now()),
        customer: presentCustomer(customer),
        calls,
        tickets: tickets.map(presentTicket),
        next_before: last === undefined ? null : toTime(last.startedAt),
        next_before_id: last?.id ?? null,
      };
    },

    async eraseCustomer({ params, input, audit }) {
      const customer = await namedCustomer(deps, params.id);
      if (input.confirm !== customer.id) {
        const merged = params.id === customer.id ? "" : `, into whom ${params.id} was merged`;
        throw new Problem("bad_request", "One thing is wrong with the request.", {
          faults: [`confirm: must be ${customer.id}${merged}`],
        });
      }
      const result = await eraseCustomer(customer, deps);
      if ("refused" in result) {
        await audit("customer_erased", customer.id, { outcome: "refused" });
        throw refusedBy(result);
      }
      const erased = {
        calls: result.calls,
        transcript_lines: result.transcriptLines,
        recordings: result.recordings,
        wrap_up_notes: result.wrapUpNotes,
        tickets: result.tickets,
        webhook_messages: result.messages,
      };
      await audit("customer_erased", customer.id, { detail: erased });
      return { success: true, customer_id: customer.id, erased };
    },
  };
}
