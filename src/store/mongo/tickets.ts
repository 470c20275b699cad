import type { QueryFilter } from "mongoose";
import { KituoError } from "../../domain/errors.ts";
import { ticketIdFrom } from "../../domain/ids.ts";
import { sortValueOf, type Ticket, type TicketActivity } from "../../domain/ticket.ts";
import { changeTicket, type NewActivity, openTicket } from "../../domain/ticket-change.ts";
import type { NewTicket, TicketFilter, Tickets } from "../../ports/store.ts";
import { activityShape, dayOf, numberOf, pageSize, parseRecord, ticketShape } from "../shapes.ts";
import { claim } from "./claim.ts";
import type { Connection } from "./connection.ts";
import type { ActivityDocument, Models, TicketDocument } from "./models.ts";
import type { Turns } from "./turns.ts";

/** Each lost race is another's change of the same ticket, so this many in a row mean that something else is wrong. */
const TRIES = 200;

/** Where what tickets are sorted by stands. */
const fields = {
  createdAt: "createdAt",
  updatedAt: "updatedAt",
  dueAt: "dueOrder",
  priority: "priorityOrder",
} as const;

type Filter = QueryFilter<TicketDocument>;

function conditions(filter: TicketFilter): Filter {
  const { status, priority, department, customerPhone, assignee, tag, call } = filter;
  const { created, updated, overdue, after } = filter;
  const all: Filter[] = [];
  if (status !== undefined) all.push({ status });
  if (priority !== undefined) all.push({ priority });
  if (department !== undefined) all.push({ department });
  if (customerPhone !== undefined) all.push({ customerPhone });
  if (assignee !== undefined) all.push({ assignee });
  if (tag !== undefined) all.push({ tags: tag });
  if (call !== undefined) all.push({ $or: [{ call }, { linkedCalls: call }] });
  if (created?.from !== undefined) all.push({ createdAt: { $gte: created.from } });
  if (created?.to !== undefined) all.push({ createdAt: { $lt: created.to } });
  if (updated?.from !== undefined) all.push({ updatedAt: { $gte: updated.from } });
  if (updated?.to !== undefined) all.push({ updatedAt: { $lt: updated.to } });
  if (overdue?.is === true) {
    all.push({ dueOrder: { $lt: overdue.at } }, { status: { $in: ["open", "in_progress"] } });
  } else if (overdue !== undefined) {
    const { at } = overdue;
    const done: Filter = { status: { $in: ["resolved", "closed"] } };
    all.push({ $or: [{ dueOrder: { $gte: at } }, done] });
  }
  if (after !== undefined) {
    const { by, descending } = orderOf(filter);
    const field = fields[by];
    const behind = descending ? "$lt" : "$gt";
    const { value, createdAt, id } = after;
    all.push({
      $or: [
        { [field]: { [behind]: value } },
        { [field]: value, createdAt: { [behind]: createdAt } },
        { [field]: value, createdAt, number: { [behind]: numberOf(id) } },
      ],
    });
  }
  return all.length === 0 ? {} : { $and: all };
}

const orderOf = ({ sort }: TicketFilter) => sort ?? { by: "createdAt", descending: true };

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
        const ticket = await models.tickets.findOne({ _id: id }, { activity: 0 }).lean();
        return ticket === null ? null : ticketOf(ticket);
      }),

    list: async (filter) => {
      const limit = pageSize(filter.limit);
      if (limit === 0) return []; // MongoDB takes 0 for no limit.
      return await connection.run(async (models) => {
        const { by, descending } = orderOf(filter);
        const direction = descending ? -1 : 1;
        const found = models.tickets
          .find(conditions(filter), { activity: 0 })
          .sort({ [fields[by]]: direction, createdAt: direction, number: direction })
          .limit(limit);
        return (await found.lean()).map(ticketOf);
      });
    },

    update: (id, change, now) =>
      turns.take(`ticket ${id}`, () =>
        connection.run(async (models) => {
          for (let tries = 0; tries < TRIES; tries += 1) {
            const found = await models.tickets.findOne({ _id: id }).lean();
            if (found === null) return null;
            const { ticket, activity } = changeTicket(ticketOf(found), change, now);
            if (activity.length === 0) return ticket;
            const known = found.activity ?? [];
            // What was read has to be what is replaced, or somebody else's change would be lost.
            const changes = found.changes ?? 0;
            const { matchedCount } = await models.tickets.updateOne(
              { _id: id, changes: changes === 0 ? { $in: [0, null] } : changes },
              {
                $set: {
                  ...ticket,
                  ...ordersOf(ticket),
                  changes: changes + 1,
                  activity: [...known, ...numbered(activity, known.length)],
                },
              },
            );
            if (matchedCount === 1) return ticket;
          }
          throw new KituoError("store_down", `${id} is being changed by too many at once`);
        }),
      ),

    activity: (id, { before = Number.MAX_SAFE_INTEGER, limit }) =>
      connection.run(async (models) => {
        const found = await models.tickets.findOne({ _id: id }, { activity: 1 }).lean();
        return (found?.activity ?? [])
          .filter(({ seq }) => seq < before)
          .toReversed()
          .slice(0, pageSize(limit))
          .map(activityOf);
      }),
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
  wish: NewTicket,
  number: number,
  now: number,
): Promise<Ticket> {
  const { ticket, activity } = openTicket(wish, ticketIdFrom(now, number), now);
  const place = { _id: ticket.id, day: dayOf(now), number, origin: originOf(wish, ticket.id) };
  const record = { changes: 0, activity: numbered(activity, 0) };
  await models.tickets.create([{ ...ticket, ...ordersOf(ticket), ...place, ...record }]);
  return ticket;
}

/** What lists are sorted by beyond what a ticket says itself. */
export function ordersOf(ticket: Ticket): Pick<TicketDocument, "dueOrder" | "priorityOrder"> {
  return {
    dueOrder: sortValueOf(ticket, "dueAt"),
    priorityOrder: sortValueOf(ticket, "priority"),
  };
}

function numbered(activity: readonly NewActivity[], known: number): ActivityDocument[] {
  return activity.map(({ from, to, ...entry }, index) => ({
    ...entry,
    seq: known + index + 1,
    from: JSON.stringify(from),
    to: JSON.stringify(to),
  }));
}

function activityOf({ from, to, ...entry }: ActivityDocument): TicketActivity {
  const values = { from: JSON.parse(from) as unknown, to: JSON.parse(to) as unknown };
  return parseRecord(activityShape, { ...entry, ...values }, "ticket activity");
}

function originOf(ticket: NewTicket, id: string): string {
  return ticket.call === null ? id : `${ticket.call}/${ticket.source}`;
}

async function nextOf(models: Models, day: string): Promise<number> {
  const last = await models.tickets.findOne({ day }).sort({ number: -1 }).lean();
  return (last?.number ?? 0) + 1;
}

export function ticketOf(document: unknown): Ticket {
  return parseRecord(ticketShape, document, "ticket");
}
