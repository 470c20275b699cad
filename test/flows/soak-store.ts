import type { CallState } from "../../src/domain/call.ts";
import type { CallEvent } from "../../src/domain/call-fact.ts";
import { newCustomer } from "../../src/domain/customer.ts";
import { asCustomerId, type CallId, ticketIdFrom } from "../../src/domain/ids.ts";
import { openTicket } from "../../src/domain/ticket-change.ts";
import type { Store, Ticket } from "../../src/ports/store.ts";

/** Just as much of a store as a soak needs: what was written of each call, in memory. */
export interface SoakStore extends Store {
  readonly written: ReadonlyMap<CallId, { state: CallState | null; events: CallEvent[] }>;
  readonly ticketsOpened: number;
}

export function openSoakStore(): SoakStore {
  const written = new Map<CallId, { state: CallState | null; events: CallEvent[] }>();
  const tickets = new Map<string, Ticket>();
  const of = (call: CallId) => {
    const known = written.get(call) ?? { state: null, events: [] };
    written.set(call, known);
    return known;
  };
  const never = (): never => {
    throw new Error("the soak does not ask for this");
  };
  return {
    written,
    get ticketsOpened() {
      return tickets.size;
    },
    start: async () => {},
    stop: async () => {},
    health: async () => "up",
    calls: {
      append: async (events, states) => {
        for (const event of events) of(event.call).events.push(event);
        for (const state of states) of(state.id).state = state;
      },
      get: async (id) => {
        const { state, events } = of(id);
        return state === null ? null : { state, events };
      },
      state: async (id) => of(id).state,
      newer: async () => [],
      list: never,
      between: never,
      ratings: never,
    },
    transcripts: {
      append: async (call, lines) =>
        lines.map((line, index) => ({ ...line, call, seq: index + 1 })),
      list: never,
      search: never,
    },
    tickets: {
      open: async (ticket, now) => {
        const key = `${ticket.call} ${ticket.source}`;
        const id = ticketIdFrom(now, tickets.size + 1);
        const opened = tickets.get(key) ?? openTicket(ticket, id, now).ticket;
        tickets.set(key, opened);
        return opened;
      },
      get: never,
      list: never,
      update: never,
      activity: never,
    },
    customers: {
      ensure: async (phone, name, now) =>
        newCustomer({ phones: [phone], name }, asCustomerId("CUST-001"), now),
      add: never,
      get: never,
      byPhone: never,
      update: never,
      merge: never,
      erase: never,
      list: never,
    },
    agents: { save: never, get: never, list: never },
    users: { add: never, get: never, list: never, update: never, fail: never, remove: never },
    recordings: {
      save: async () => {},
      get: async () => null,
      ofCall: never,
      list: never,
      markDeleted: never,
    },
    wrapUps: { save: never, ofCall: never },
    webhooks: {
      save: never,
      get: never,
      list: never,
      remove: never,
      keep: never,
      settle: never,
      delivery: never,
      deliveries: never,
    },
    sessions: {
      begin: never,
      get: never,
      rotate: never,
      end: never,
      endOf: never,
      forget: never,
    },
    keys: { add: never, get: never, byHash: never, list: never, revoke: never, used: never },
    audit: { append: never, list: never },
    erasure: { calls: never, tickets: never, messages: never },
  };
}
