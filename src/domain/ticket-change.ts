import { KituoError } from "./errors.ts";
import type { TicketId } from "./ids.ts";
import {
  type NewTicket,
  type Ticket,
  type TicketActivity,
  type TicketChange,
  type TicketField,
  type TicketStatus,
  type TicketValue,
  tagsOf,
} from "./ticket.ts";

/** How much one ticket may hold; more is refused, because it is read and sent as one. */
export const ticketLimits = { tags: 20, linkedCalls: 50, notes: 500 } as const;

/** What changed, before the store has numbered it. */
export type NewActivity = Omit<TicketActivity, "seq">;

/** A ticket and what is to be put on record with it. */
export interface Changed {
  readonly ticket: Ticket;
  /** Empty: nothing is different from before. */
  readonly activity: readonly NewActivity[];
}

/** A ticket as it begins. */
export function openTicket(wish: NewTicket, id: TicketId, now: number): Changed {
  const { by = "system", tags = [], dueAt = null, ...about } = wish;
  const ticket: Ticket = {
    ...about,
    id,
    status: "open",
    tags: within(tagsOf(tags), "tags", id),
    dueAt,
    linkedCalls: [],
    notes: [],
    createdAt: now,
    updatedAt: now,
    resolvedAt: null,
    closedAt: null,
  };
  return { ticket, activity: [{ at: now, by, field: "status", from: null, to: "open" }] };
}

/**
 * A ticket after a change. What is set to what it was already is no change; a ticket on which nothing changed keeps its
 * `updatedAt`. Refuses (`conflict`) what would make it hold too much.
 */
export function changeTicket(ticket: Ticket, change: TicketChange, now: number): Changed {
  const { status = ticket.status, linkCall, note, by } = change;
  const next: Ticket = {
    ...ticket,
    ...(status === ticket.status ? {} : { status, ...endsOf(ticket, status, now) }),
    priority: change.priority ?? ticket.priority,
    assignee: change.assignee === undefined ? ticket.assignee : change.assignee,
    department: change.department ?? ticket.department,
    dueAt: change.dueAt === undefined ? ticket.dueAt : change.dueAt,
    tags: within(tagsAfter(ticket, change), "tags", ticket.id),
    linkedCalls: within(callsAfter(ticket, linkCall), "linkedCalls", ticket.id),
    notes: within(
      note === undefined ? ticket.notes : [...ticket.notes, { at: now, by, ...note }],
      "notes",
      ticket.id,
    ),
  };
  const activity: NewActivity[] = [];
  const record = (field: TicketField, from: TicketValue, to: TicketValue) =>
    activity.push({ at: now, by, field, from, to });
  for (const field of ["status", "priority", "assignee", "department", "dueAt"] as const) {
    if (next[field] !== ticket[field]) record(field, ticket[field], next[field]);
  }
  if (next.tags.join() !== ticket.tags.join()) record("tags", ticket.tags, next.tags);
  for (const call of next.linkedCalls.slice(ticket.linkedCalls.length)) {
    record("linkedCalls", null, call);
  }
  for (const added of next.notes.slice(ticket.notes.length)) {
    record("notes", null, added.visibility);
  }
  return activity.length === 0
    ? { ticket, activity }
    : { ticket: { ...next, updatedAt: now }, activity };
}

/** Since when a ticket is resolved and closed, once its status is another. */
function endsOf(
  { resolvedAt }: Ticket,
  status: TicketStatus,
  now: number,
): Pick<Ticket, "resolvedAt" | "closedAt"> {
  switch (status) {
    case "open":
    case "in_progress":
      return { resolvedAt: null, closedAt: null };
    case "resolved":
      return { resolvedAt: now, closedAt: null };
    case "closed":
      return { resolvedAt, closedAt: now };
    default:
      return status satisfies never;
  }
}

function tagsAfter(ticket: Ticket, change: TicketChange): readonly string[] {
  const removed = new Set(tagsOf(change.removeTags ?? []));
  const all = tagsOf([...(change.tags ?? ticket.tags), ...(change.addTags ?? [])]);
  return all.filter((tag) => !removed.has(tag));
}

function callsAfter(
  { call, linkedCalls }: Ticket,
  linked: Ticket["call"] = null,
): Ticket["linkedCalls"] {
  if (linked === null || linked === call || linkedCalls.includes(linked)) return linkedCalls;
  return [...linkedCalls, linked];
}

function within<T>(list: readonly T[], of: keyof typeof ticketLimits, id: TicketId): readonly T[] {
  const most = ticketLimits[of];
  if (list.length <= most) return list;
  const what = { tags: "tags", linkedCalls: "linked calls", notes: "notes" }[of];
  throw new KituoError("conflict", `${id} would have more than ${most} ${what}`);
}
