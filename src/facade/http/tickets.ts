import { asAgentId, asCallId, asTicketId, type TicketId } from "../../domain/ids.ts";
import type { Ticket, TicketChange } from "../../domain/ticket.ts";
import { presentActivity, presentTicket } from "../contract/present.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { asProblem, Problem } from "./problems.ts";
import { changeOf, checkReferences } from "./ticket-changes.ts";
import { filterOf, nextCursor } from "./ticket-list.ts";

type TicketDeps = Pick<FacadeDeps, "desk" | "store" | "board" | "centre" | "clock" | "e164">;

/** How many of its last changes are shown with a ticket. */
const LAST_CHANGES = 10;

const noTicket = () => new Problem("not_found", "There is no such ticket.");

function saved(ticket: Ticket) {
  return { success: true as const, ticket_id: ticket.id, ticket: presentTicket(ticket) };
}

/** Tickets: what has to be followed up. */
export function ticketHandlers(
  deps: TicketDeps,
): Some<
  | "listTickets"
  | "getTicket"
  | "createTicket"
  | "updateTicket"
  | "updateTickets"
  | "addTicketNote"
  | "linkTicketCall"
  | "listTicketActivity"
> {
  const { store, board, clock, e164 } = deps;

  async function change(id: TicketId, wish: TicketChange): Promise<Ticket> {
    const now = clock.now();
    const ticket = await store.tickets.update(id, wish, now);
    if (ticket === null) throw noTicket();
    board.publish({ type: "ticket", ticket, change: "updated", at: now });
    return ticket;
  }

  return {
    async listTickets({ input }) {
      const tickets = await store.tickets.list(filterOf(input, deps));
      return { tickets: tickets.map(presentTicket), next_cursor: nextCursor(tickets, input) };
    },

    async getTicket({ params }) {
      const id = asTicketId(params.id);
      const [ticket, activity] = await Promise.all([
        store.tickets.get(id),
        store.tickets.activity(id, { limit: LAST_CHANGES }),
      ]);
      if (ticket === null) throw noTicket();
      return { ...presentTicket(ticket), activity: activity.map(presentActivity) };
    },

    async createTicket({ input, user }) {
      await checkReferences(deps, input);
      const now = clock.now();
      const subject = input.subject;
      const description = input.description ?? "";
      const ticket = await store.tickets.open(
        {
          subject,
          description,
          priority: input.priority,
          department: input.department ?? null,
          assignee: input.assigned_to === undefined ? null : asAgentId(input.assigned_to),
          customerName: input.customer_name,
          customerPhone: e164(input.customer_phone) ?? input.customer_phone,
          call: input.call_id === undefined ? null : asCallId(input.call_id),
          recording: null,
          source: "api",
          tags: input.tags ?? [],
          dueAt: input.due_at ?? null,
          by: user.username,
        },
        now,
      );
      // A call has one ticket of each source; the store answers with the one that was there.
      if (
        ticket.createdAt !== now ||
        ticket.subject !== subject ||
        ticket.description !== description
      ) {
        throw new Problem(
          "conflict",
          `${ticket.id} is open for this call already; add a note to it.`,
        );
      }
      board.publish({ type: "ticket", ticket, change: "created", at: now });
      return saved(ticket);
    },

    async updateTicket({ params, input, user }) {
      await checkReferences(deps, input);
      return saved(await change(asTicketId(params.id), changeOf(input, user.username)));
    },

    async updateTickets({ input, user, log }) {
      await checkReferences(deps, input);
      const wish = changeOf(input, user.username);
      const tickets: Ticket[] = [];
      const faults: { ticket_id: string; code: string; detail: string }[] = [];
      for (const id of new Set(input.ids)) {
        try {
          tickets.push(await change(asTicketId(id), wish));
        } catch (error) {
          // What was done to those before stands, so each fault is told with its ticket.
          const { code, message } = asProblem(error);
          if (code === "internal") log.error({ err: error }, "a ticket of several is not changed");
          faults.push({ ticket_id: id, code, detail: message });
        }
      }
      return { success: faults.length === 0, tickets: tickets.map(presentTicket), faults };
    },

    async addTicketNote({ params, input, user }) {
      return saved(await change(asTicketId(params.id), { by: user.username, note: input }));
    },

    async linkTicketCall({ params, input, user }) {
      await checkReferences(deps, input);
      const linkCall = asCallId(input.call_id);
      return saved(await change(asTicketId(params.id), { by: user.username, linkCall }));
    },

    async listTicketActivity({ params, input }) {
      const id = asTicketId(params.id);
      const { cursor, limit } = input;
      if ((await store.tickets.get(id)) === null) throw noTicket();
      const before = cursor === undefined ? {} : { before: cursor };
      const activity = await store.tickets.activity(id, { ...before, limit });
      const last = activity.length < limit ? undefined : activity.at(-1);
      return {
        ticket_id: id,
        activity: activity.map(presentActivity),
        next_cursor: last === undefined ? null : String(last.seq),
      };
    },
  };
}
