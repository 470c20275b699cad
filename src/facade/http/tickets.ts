import { asAgentId, asCallId, asTicketId } from "../../domain/ids.ts";
import { presentTicket } from "../contract/present.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";

type TicketDeps = Pick<FacadeDeps, "desk" | "store" | "board" | "centre" | "clock">;

/** Tickets: what has to be followed up. */
export function ticketHandlers(
  deps: TicketDeps,
): Some<"listTickets" | "getTicket" | "createTicket" | "updateTicket"> {
  const { store, board, clock } = deps;
  return {
    async listTickets({ input }) {
      const { status, priority, department, call_id, limit } = input;
      const tickets = await store.tickets.list({
        limit,
        ...(status === undefined ? {} : { status }),
        ...(priority === undefined ? {} : { priority }),
        ...(department === undefined ? {} : { department }),
        ...(call_id === undefined ? {} : { call: asCallId(call_id) }),
      });
      return { tickets: tickets.map(presentTicket) };
    },

    async getTicket({ params }) {
      const ticket = await store.tickets.get(asTicketId(params.id));
      if (ticket === null) throw new Problem("not_found", "There is no such ticket.");
      return presentTicket(ticket);
    },

    async createTicket({ input }) {
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
          customerPhone: input.customer_phone,
          call: input.call_id === undefined ? null : asCallId(input.call_id),
          recording: null,
          source: "api",
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
      return { success: true, ticket_id: ticket.id, ticket: presentTicket(ticket) };
    },

    async updateTicket({ params, input, user }) {
      await checkReferences(deps, input);
      const { status, priority, department, assigned_to, notes } = input;
      const now = clock.now();
      const ticket = await store.tickets.update(
        asTicketId(params.id),
        {
          ...(status === undefined ? {} : { status }),
          ...(priority === undefined ? {} : { priority }),
          ...(department === undefined ? {} : { department }),
          ...(assigned_to === undefined
            ? {}
            : { assignee: assigned_to === "" ? null : asAgentId(assigned_to) }),
          ...(notes === undefined ? {} : { note: { text: notes, by: user.username } }),
        },
        now,
      );
      if (ticket === null) throw new Problem("not_found", "There is no such ticket.");
      board.publish({ type: "ticket", ticket, change: "updated", at: now });
      return { success: true, ticket_id: ticket.id, ticket: presentTicket(ticket) };
    },
  };
}

/** Refuses a ticket that names a department, an agent or a call that does not exist. */
async function checkReferences(
  deps: TicketDeps,
  names: {
    readonly department?: string | undefined;
    readonly assigned_to?: string | undefined;
    readonly call_id?: string | undefined;
  },
): Promise<void> {
  const { department, assigned_to, call_id } = names;
  const { queues, agents } = deps.centre;
  const faults: string[] = [];
  if (department !== undefined && !queues.some((queue) => queue.name === department)) {
    faults.push(`department: must be one of ${queues.map((queue) => queue.name).join(", ")}`);
  }
  if (
    assigned_to !== undefined &&
    assigned_to !== "" &&
    !agents.some(({ id }) => id === assigned_to)
  ) {
    faults.push("assigned_to: there is no such agent");
  }
  if (call_id !== undefined) {
    const [live, log] = await Promise.all([
      deps.desk.liveCall(asCallId(call_id)),
      deps.store.calls.get(asCallId(call_id)),
    ]);
    if (live === null && log === null) faults.push("call_id: there is no such call");
  }
  if (faults.length > 0) {
    throw new Problem("bad_request", "The ticket names what does not exist.", { faults });
  }
}
