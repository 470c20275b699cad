import { z } from "zod";
import type { Customer, CustomerSort } from "../../domain/customer.ts";
import { nameOrder } from "../../domain/customer.ts";
import { asCustomerId } from "../../domain/ids.ts";
import type { CustomerFilter, CustomerPlace } from "../../ports/store.ts";
import { type CustomerListInput, customerSorts, plainNumber } from "../contract/customer.ts";
import type { FacadeDeps } from "./deps.ts";
import { Problem } from "./problems.ts";

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
    ...(cursor === undefined ? {} : { after: placeOf(cursor, sort) }),
    sort: { by, descending: order === "desc" },
    limit,
  });
  const last = found.length < limit ? undefined : found.at(-1);
  return { found, next: last === undefined ? null : cursorOf(last, sort) };
}

/** What looks like a number is looked for among the numbers, however it is written; all else among the names. */
function searchOf(q: string, e164: FacadeDeps["e164"]): Pick<CustomerFilter, "name" | "digits"> {
  const number = plainNumber(q).trim();
  if (!/^[+(\d][\d ().\-/]*$/.test(number)) return { name: q };
  // What begins like a whole number is one; other digits may stand anywhere in it.
  const whole = /^[+0(]/.test(number) ? e164(number) : null;
  return { digits: (whole ?? number).replaceAll(/\D/g, "") };
}

/** A cursor is nobody's business: the list it is for, and the place of the last customer in it. */
const cursorSchema = z.union([
  z.tuple([z.enum(["created_at", "updated_at"]), z.number(), z.string()]),
  z.tuple([z.literal("name"), z.string(), z.string()]),
]);
type Cursor = z.output<typeof cursorSchema>;

function cursorOf(last: Customer, sort: (typeof customerSorts)[number]): string {
  const place: Cursor =
    sort === "name"
      ? [sort, nameOrder(last.name), last.id]
      : [sort, last[sort === "created_at" ? "createdAt" : "updatedAt"], last.id];
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

function placeOf(cursor: string, sort: (typeof customerSorts)[number]): CustomerPlace {
  const place = cursorSchema.safeParse(read(cursor));
  if (place.success && place.data[0] === sort) {
    const [, value, id] = place.data;
    return { value, id: asCustomerId(id) };
  }
  throw new Problem("bad_request", "One thing is wrong with the request.", {
    faults: ["cursor: must be next_cursor of a list that is sorted alike"],
  });
}

function read(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return null; // Not one of ours.
  }
}
