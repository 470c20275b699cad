import type { CustomerId } from "./ids.ts";

/** How much one customer may hold: lengths in characters, else numbers of them. */
export const customerLimits = {
  phones: 20,
  name: 120,
  email: 254,
  notes: 5_000,
  tags: 20,
  tag: 40,
  fields: 20,
  fieldName: 40,
  fieldValue: 500,
} as const;

/** What people know of a customer beside her numbers. */
export interface CustomerDetails {
  /** Empty until it is known. */
  readonly name: string;
  readonly email: string | null;
  readonly notes: string;
  /** As {@link tidyTags} writes them. */
  readonly tags: readonly string[];
  /** Whatever else the centre keeps of her, by name. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Why nothing of a customer may be erased for now. */
export interface LegalHold {
  readonly reason: string;
  /** The user who has set it. */
  readonly by: string;
  readonly at: number;
}

export interface Customer extends CustomerDetails {
  readonly id: CustomerId;
  /** E.164, at least one; each is that of one customer. The first is the one she is known by. */
  readonly phones: readonly string[];
  readonly legalHold: LegalHold | null;
  /** From 1; grows with each change. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What has to be known to add a customer. */
export type NewCustomer = Pick<Customer, "phones"> & Partial<CustomerDetails>;

/** What can be changed of a customer; what is not named stays. */
export type CustomerChange = Partial<
  CustomerDetails & Pick<Customer, "phones"> & { readonly legalHold: LegalHold | null }
>;

/** What lists of customers can be sorted by. */
export const customerSorts = ["createdAt", "updatedAt", "name"] as const;
export type CustomerSort = (typeof customerSorts)[number];

/** A customer as she begins. */
export function newCustomer(wish: NewCustomer, id: CustomerId, now: number): Customer {
  const { name = "", email = null, notes = "", tags = [], fields = {} } = wish;
  return {
    id,
    phones: unique(wish.phones),
    name,
    email,
    notes,
    tags: tidyTags(tags),
    fields: tidyFields(fields),
    legalHold: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}

/** A customer after a change. What is set to what it was already is no change, and leaves her version as it is. */
export function changeCustomer(customer: Customer, change: CustomerChange, now: number): Customer {
  const next: Customer = { ...customer, ...change };
  const tidy: Customer = {
    ...next,
    phones: unique(next.phones),
    tags: tidyTags(next.tags),
    fields: tidyFields(next.fields),
  };
  if (JSON.stringify(tidy) === JSON.stringify(customer)) return customer;
  return { ...tidy, version: customer.version + 1, updatedAt: now };
}

/**
 * The customer who stays, with all that belonged to the other. Where both have something of which there is one, hers
 * stays, and the other's is written into her notes.
 */
export function mergeCustomers(stays: Customer, other: Customer, now: number): Customer {
  const lost = [
    stays.name !== "" && other.name !== stays.name ? other.name : "",
    stays.email !== null && other.email !== stays.email ? (other.email ?? "") : "",
    ...Object.entries(other.fields)
      .filter(([name, value]) => (stays.fields[name] ?? value) !== value)
      .map(([name, value]) => `${name}: ${value}`),
  ].filter((text) => text !== "");
  const notes = [
    stays.notes,
    lost.length === 0 ? "" : `${other.id}: ${lost.join(", ")}`,
    other.notes,
  ];
  return {
    ...stays,
    phones: unique([...stays.phones, ...other.phones]),
    name: stays.name === "" ? other.name : stays.name,
    email: stays.email ?? other.email,
    notes: notes.filter((text) => text !== "").join("\n"),
    tags: tidyTags([...stays.tags, ...other.tags]),
    fields: tidyFields({ ...other.fields, ...stays.fields }),
    legalHold: stays.legalHold ?? other.legalHold,
    version: stays.version + 1,
    updatedAt: now,
  };
}

/** What is left of a customer who was merged into another or erased: nobody else gets her id. */
export function emptied(customer: Customer, now: number): Customer {
  const { id, version, createdAt } = customer;
  return { ...newCustomer({ phones: [] }, id, now), version: version + 1, createdAt };
}

/** What names are looked for in and sorted by: their case, and how accents are encoded, make no difference. */
export function nameOrder(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** In lower case, each once, in the order of their characters. */
function tidyTags(words: readonly string[]): readonly string[] {
  return unique(words.map(nameOrder)).toSorted();
}

function tidyFields(fields: CustomerDetails["fields"]): CustomerDetails["fields"] {
  return Object.fromEntries(
    Object.entries(fields).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
}

const unique = <T>(list: readonly T[]): readonly T[] => [...new Set(list)];
