import { z } from "zod";
import { asAgentId, asCallId, asTicketId } from "../../domain/ids.ts";
import { sortValueOf, type Ticket, type TicketSort } from "../../domain/ticket.ts";
import type { TicketFilter } from "../../ports/store.ts";
import type { ticketListInputSchema, ticketSortWords } from "../contract/ticket.ts";
import { badCursor, cursorOf, placeOf } from "./cursor.ts";
import type { FacadeDeps } from "./deps.ts";
import { refuseEmptySpan, spanOf } from "./spans.ts";

type Input = z.output<typeof ticketListInputSchema>;

const sorts = {
  created_at: "createdAt",
  updated_at: "updatedAt",
  due_at: "dueAt",
  priority: "priority",
} as const satisfies Record<(typeof ticketSortWords)[number], TicketSort>;

const placeSchema = z.strictObject({
  sort: z.string(),
  value: z.number(),
  createdAt: z.number(),
  id: z.string(),
});

/** A list as clients ask for it, as the store takes it. */
export function filterOf(
  input: Input,
  { clock, e164 }: Pick<FacadeDeps, "clock" | "e164">,
): TicketFilter {
  const { status, priority, department, tag, limit, cursor } = input;
  const { assigned_to, call_id, customer_phone, overdue, sort } = input;
  refuseEmptySpan("created", input.created_from, input.created_to);
  refuseEmptySpan("updated", input.updated_from, input.updated_to);
  const created = spanOf(input.created_from, input.created_to);
  const updated = spanOf(input.updated_from, input.updated_to);
  return {
    limit,
    sort: sortOf(sort),
    ...(status === undefined ? {} : { status }),
    ...(priority === undefined ? {} : { priority }),
    ...(department === undefined ? {} : { department }),
    ...(tag === undefined ? {} : { tag }),
    ...(assigned_to === undefined
      ? {}
      : { assignee: assigned_to === "" ? null : asAgentId(assigned_to) }),
    ...(call_id === undefined ? {} : { call: asCallId(call_id) }),
    ...(customer_phone === undefined
      ? {}
      : { customerPhone: e164(customer_phone) ?? customer_phone }),
    ...(overdue === undefined ? {} : { overdue: { at: clock.now(), is: overdue === "true" } }),
    ...(created === undefined ? {} : { created }),
    ...(updated === undefined ? {} : { updated }),
    ...(cursor === undefined ? {} : { after: placeIn(cursor, sort) }),
  };
}

/** What asks for the page after this one; `null` when there is none. */
export function nextCursor(page: readonly Ticket[], { sort, limit }: Input): string | null {
  const last = page.length < limit ? undefined : page.at(-1);
  if (last === undefined) return null;
  const value = sortValueOf(last, sortOf(sort).by);
  return cursorOf({ sort, value, createdAt: last.createdAt, id: last.id });
}

function sortOf(sort: Input["sort"]): NonNullable<TicketFilter["sort"]> {
  const descending = sort.startsWith("-");
  const word = (descending ? sort.slice(1) : sort) as keyof typeof sorts;
  return { by: sorts[word], descending };
}

function placeIn(cursor: string, sort: Input["sort"]): NonNullable<TicketFilter["after"]> {
  const { value, createdAt, id, sort: sorted } = placeOf(placeSchema, cursor);
  // A place in a list means nothing in one that is sorted otherwise.
  if (sorted !== sort) throw badCursor();
  return { value, createdAt, id: asTicketId(id) };
}
