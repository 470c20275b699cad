import type { QueryFilter } from "mongoose";
import { ticketIdFrom } from "../../domain/ids.ts";
import type { NewTicket, Ticket, TicketFilter, Tickets } from "../../ports/store.ts";
import { dayOf, pageSize, parseRecord, ticketShape } from "../shapes.ts";
import { claim } from "./claim.ts";
import type { Connection } from "./connection.ts";
import type { Models, TicketDocument } from "./models.ts";
import type { Turns } from "./turns.ts";

function conditions(filter: TicketFilter): QueryFilter<TicketDocument> {
  const { status, priority, department, call, customerPhone } = filter;
  const found: QueryFilter<TicketDocument> = {};
  if (status !== undefined) found.status = status;
  if (priority !== undefined) found.priority = priority;
  if (department !== undefined) found.department = department;
  if (call !== undefined) found.call = call;
  if (customerPhone !== undefined) found.customerPhone = customerPhone;
  return found;
}

export function mongoTickets(connection: Connection, turns: Turns): Tickets {
  return {
    open: (ticket, now) =>
      turns.take("tickets", () =>
        connection.run((models) =>
          claim(
            () => nextOf(models, dayOf(now)),
            async (number) =>
              (await opened(models, ticket)) ?? (await insert(models, ticket, number, now)),
          ),
        ),
      ),

    get: (id) =>
      connection.run(async (models) => {
        const ticket = await models.tickets.findOne({ _id: id }).lean();
        return ticket === null ? null : ticketOf(ticket);
      }),

    list: async (filter) => {
      const limit = pageSize(filter.limit);
      if (limit === 0) return []; // MongoDB takes 0 for no limit.
      return await connection.run(async (models) => {
        const order = { createdAt: -1, number: -1 } as const;
        const found = models.tickets.find(conditions(filter)).sort(order).limit(limit);
        return (await found.lean()).map(ticketOf);
      });
    },

    update: (id, change, now) =>
      turns.take(`ticket ${id}`, () =>
        connection.run(async (models) => {
          const { note, ...fields } = change;
          const changed = await models.tickets
            .findOneAndUpdate(
              { _id: id },
              {
                $set: { ...fields, updatedAt: now },
                ...(note === undefined ? {} : { $push: { notes: { at: now, ...note } } }),
              },
              { returnDocument: "after" },
            )
            .lean();
          return changed === null ? null : ticketOf(changed);
        }),
      ),
  };
}

/** The ticket that this call already has from this source. */
async function opened(models: Models, ticket: NewTicket): Promise<Ticket | null> {
  if (ticket.call === null) return null;
  const found = await models.tickets.findOne({ origin: originOf(ticket, "") }).lean();
  return found === null ? null : ticketOf(found);
}

async function insert(
  models: Models,
  ticket: NewTicket,
  number: number,
  now: number,
): Promise<Ticket> {
  const id = ticketIdFrom(now, number);
  const made: Ticket = {
    ...ticket,
    id,
    status: "open",
    notes: [],
    createdAt: now,
    updatedAt: now,
  };
  const place = { _id: id, day: dayOf(now), number, origin: originOf(ticket, id) };
  await models.tickets.create([{ ...made, ...place }]);
  return made;
}

function originOf(ticket: NewTicket, id: string): string {
  return ticket.call === null ? id : `${ticket.call}/${ticket.source}`;
}

async function nextOf(models: Models, day: string): Promise<number> {
  const last = await models.tickets.findOne({ day }).sort({ number: -1 }).lean();
  return (last?.number ?? 0) + 1;
}

function ticketOf(document: unknown): Ticket {
  return parseRecord(ticketShape, document, "ticket");
}
