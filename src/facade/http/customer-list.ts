import { z } from "zod";
import type { Customer, CustomerSort } from "../../domain/customer.ts";
import { nameOrder } from "../../domain/customer.ts";
import { asCustomerId } from "../../domain/ids.ts";
import type { CustomerFilter, CustomerPlace } from "../../ports/store.ts";
import { type CustomerListInput, plainNumber } from "../contract/customer.ts";
import { badCursor, cursorOf, placeOf } from "./cursor.ts";
import type { FacadeDeps } from "./deps.ts";

const sortOf: Readonly<Record<CustomerListInput["sort"], CustomerSort>> = {
  created_at: "createdAt",
  updated_at: "updatedAt",
  name: "name",
};

/** A part of a list of customers, and the cursor of the next part; `null`: there is no more. */
export async function listedCustomers(
  { store, e164 }: Pick<FacadeDeps, "store" | "e164">,
  wanted: CustomerListInput,
  limit: number,
): Promise<{ readonly found: readonly Customer[]; readonly next: string | null }> {
  const { q, sort, order = sort === "name" ? "asc" : "desc", cursor } = wanted;
  const by = sortOf[sort];
  const found = await store.customers.list({
    ...(q === undefined ? {} : searchOf(q, e164)),
    ...(cursor === undefined ? {} : { after: placeIn(cursor, sort) }),
    sort: { by, descending: order === "desc" },
    limit,
  });
  const last = found.length < limit ? undefined : found.at(-1);
  return { found, next: last === undefined ? null : cursorAfter(last, sort) };
}

/** What looks like a number is looked for among the numbers, however it is written; all else among the names. */
function searchOf(q: string, e164: FacadeDeps["e164"]): Pick<CustomerFilter, "name" | "digits"> {
  const number = plainNumber(q).trim();
  if (!/^[+(\d][\d ().\-/]*$/.test(number)) return { name: q };
  // What begins like a whole number is one; other digits may stand anywhere in it.
  const whole = /^[+0(]/.test(number) ? e164(number) : null;
  return { digits: (whole ?? number).replaceAll(/\D/g, "") };
}

/** The list a cursor is for, and the place of the last customer in it. */
const cursorSchema = z.union([
  z.object({ sort: z.enum(["created_at", "updated_at"]), value: z.number(), id: z.string() }),
  z.object({ sort: z.literal("name"), value: z.string(), id: z.string() }),
]);

function cursorAfter(last: Customer, sort: CustomerListInput["sort"]): string {
  const value = sort === "name" ? nameOrder(last.name) : last[sortOf[sort]];
  return cursorOf({ sort, value, id: last.id });
}

function placeIn(cursor: string, sort: CustomerListInput["sort"]): CustomerPlace {
  const place = placeOf(cursorSchema, cursor);
  if (place.sort !== sort) throw badCursor();
  return { value: place.value, id: asCustomerId(place.id) };
}
