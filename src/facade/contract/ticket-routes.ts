import { byId, everyone, nothing, staff } from "./access.ts";
import { route } from "./route.ts";
import {
  newTicketInputSchema,
  ticketChangeInputSchema,
  ticketListInputSchema,
  ticketListSchema,
  ticketSavedSchema,
  ticketSchema,
} from "./ticket.ts";

/** Tickets: what has to be followed up. */
export const ticketRoutes = {
  listTickets: route({
    method: "GET",
    path: "/api/tickets",
    tag: "tickets",
    summary: "Tickets, newest first",
    who: everyone,
    params: nothing,
    input: ticketListInputSchema,
    reply: { kind: "json", status: 200, schema: ticketListSchema },
  }),
  createTicket: route({
    method: "POST",
    path: "/api/tickets",
    tag: "tickets",
    summary: "Open a ticket",
    who: staff,
    params: nothing,
    input: newTicketInputSchema,
    reply: { kind: "json", status: 200, schema: ticketSavedSchema },
  }),
  getTicket: route({
    method: "GET",
    path: "/api/tickets/{id}",
    tag: "tickets",
    summary: "One ticket",
    who: everyone,
    params: byId,
    input: nothing,
    reply: { kind: "json", status: 200, schema: ticketSchema },
  }),
  updateTicket: route({
    method: "PATCH",
    path: "/api/tickets/{id}",
    tag: "tickets",
    summary: "Change a ticket or add a note",
    who: staff,
    params: byId,
    input: ticketChangeInputSchema,
    reply: { kind: "json", status: 200, schema: ticketSavedSchema },
  }),
};
