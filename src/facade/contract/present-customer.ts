import type { Customer } from "../../domain/customer.ts";
import type { WireCustomer } from "./customer.ts";
import { toTime } from "./words.ts";

/** A customer in the words of the public API. */
export function presentCustomer(customer: Customer): WireCustomer {
  const { id, phones, name, email, notes, tags, fields, legalHold, version } = customer;
  return {
    customer_id: id,
    phone_number: phones[0] ?? "",
    phone_numbers: [...phones],
    name,
    email,
    notes,
    tags: [...tags],
    fields: { ...fields },
    legal_hold:
      legalHold === null
        ? null
        : { reason: legalHold.reason, by: legalHold.by, since: toTime(legalHold.at) },
    version,
    created_at: toTime(customer.createdAt),
    updated_at: toTime(customer.updatedAt),
  };
}

/** What `If-Match` is compared with; calls and tickets that come do not change it. */
export const etagOfCustomer = ({ version }: Pick<WireCustomer, "version">): string =>
  `"${version}"`;
