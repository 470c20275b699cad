import {
  type Customer,
  customerLimits,
  emptied,
  mergeCustomers,
  nameOrder,
} from "../../domain/customer.ts";
import { KituoError } from "../../domain/errors.ts";
import type { CustomerId } from "../../domain/ids.ts";
import type { CustomerRefusal } from "../../ports/store.ts";
import { customerShape, parseRecord } from "../shapes.ts";
import { isDuplicate } from "./fault.ts";
import type { CustomerDocument, Models } from "./models.ts";

/** Each lost race is another process's success, so this many in a row mean that something else is wrong. */
const TRIES = 200;

/** A customer as her document has her. */
export function documentOf(customer: Customer) {
  const { id, name, phones } = customer;
  return { ...customer, nameOrder: nameOrder(name), numbers: phones.length > 0 ? phones : [id] };
}

export function customerOf(document: unknown): Customer {
  return parseRecord(customerShape, document, "customer");
}

/** The customer of this id, or the one that it was merged into. */
export async function find(models: Models, id: CustomerId): Promise<Customer | null> {
  const found = await models.customers.findOne({ _id: id, erasedAt: null }).lean();
  if (found === null) return null;
  if (found.mergedInto === null) return customerOf(found);
  if (found.leaving !== null) await bring(models, found);
  return await find(models, found.mergedInto);
}

export async function ofPhone(models: Models, phone: string): Promise<Customer | null> {
  const found = await models.customers.findOne({ numbers: phone }).lean();
  if (found !== null) return customerOf(found);
  // Whoever merged two died before the one who stays had the other's numbers.
  const leaving = await models.customers.findOne({ "leaving.phones": phone }).lean();
  return leaving === null ? null : await find(models, leaving.id);
}

/** Who else has one of these numbers. */
export async function takenBy(
  models: Models,
  phones: readonly string[],
  own: CustomerId | null,
): Promise<CustomerRefusal | null> {
  for (const phone of phones) {
    const owner = await ofPhone(models, phone);
    if (owner !== null && owner.id !== own) return { refused: "number_taken", phone, by: owner.id };
  }
  return null;
}

/** Changes a customer if nobody else has in between; then the step is done again with what she is by then. */
export async function changeWhere(
  models: Models,
  id: CustomerId,
  step: (customer: Customer) => Promise<Customer | CustomerRefusal>,
  more: object = {},
): Promise<Customer | CustomerRefusal> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = await find(models, id);
    if (found === null) return { refused: "unknown" };
    const next = await step(found);
    if ("refused" in next || next === found) return next;
    try {
      const written = await models.customers.updateOne(
        { _id: found.id, version: found.version },
        { $set: { ...documentOf(next), ...more } },
      );
      if (written.matchedCount === 1) return next;
    } catch (error) {
      // Somebody has just been given the number.
      if (!isDuplicate(error)) throw error;
    }
  }
  throw new KituoError("store_down", `${id} is changed by others all the time`);
}

/**
 * There is no transaction over two documents where MongoDB is one server alone. So the other is first marked as merged,
 * with all that is on its way from her, and then it is brought to the one who stays. Whoever comes upon one that was
 * marked and not brought, because who did it died in between, brings it first (`find`).
 */
export async function mergeInto(
  models: Models,
  stays: CustomerId,
  other: CustomerId,
  now: number,
): Promise<Customer | CustomerRefusal> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const [kept, gone] = [await find(models, stays), await find(models, other)];
    if (kept === null || gone === null) return { refused: "unknown" };
    if (kept.id === gone.id) return kept;
    if (mergeCustomers(kept, gone, now).phones.length > customerLimits.phones)
      return { refused: "too_many_numbers" };
    // Whoever merges the two the other way round at this moment is refused by one of these versions.
    const touched = await models.customers.updateOne(
      { _id: kept.id, version: kept.version },
      { $inc: { version: 1 } },
    );
    if (touched.matchedCount === 0) continue;
    const marked = await models.customers.updateOne(
      { _id: gone.id, version: gone.version },
      { $set: { ...documentOf(emptied(gone, now)), mergedInto: kept.id, leaving: gone } },
    );
    if (marked.matchedCount === 1) return (await find(models, other)) ?? { refused: "unknown" };
  }
  throw new KituoError("store_down", `${stays} is changed by others all the time`);
}

/** Gives the one who stays what is on its way to her, once. */
async function bring(models: Models, gone: CustomerDocument): Promise<void> {
  const { mergedInto, leaving } = gone;
  if (mergedInto === null || leaving === null) return;
  for (let tries = 0; tries < TRIES; tries += 1) {
    // Who stays may herself have been merged since.
    const kept = await find(models, mergedInto);
    const into = kept && (await models.customers.findOne({ _id: kept.id }).lean());
    if (into === null || (await absorb(models, into, gone, customerOf(leaving)))) {
      await models.customers.updateOne({ _id: gone.id }, { $set: { leaving: null } });
      return;
    }
  }
  throw new KituoError("store_down", `${mergedInto} is changed by others all the time`);
}

/** `false` when the one who stays was changed in between. */
async function absorb(
  models: Models,
  into: CustomerDocument,
  gone: CustomerDocument,
  other: Customer,
): Promise<boolean> {
  if (into.absorbed.includes(gone.id)) return true;
  const merged = mergeCustomers(customerOf(into), other, gone.updatedAt);
  const written = await models.customers.updateOne(
    { _id: into.id, version: into.version },
    {
      $set: documentOf(merged),
      $addToSet: { absorbed: { $each: [gone.id, ...gone.absorbed] } },
    },
  );
  return written.matchedCount === 1;
}

export async function eraseCustomer(
  models: Models,
  id: CustomerId,
  now: number,
): Promise<null | CustomerRefusal> {
  const leaving = await models.customers.find({ mergedInto: id, leaving: { $ne: null } }).lean();
  for (const gone of leaving) await bring(models, gone);
  const erased = await changeWhere(
    models,
    id,
    async (customer) =>
      customer.legalHold === null ? emptied(customer, now) : { refused: "on_hold" },
    { erasedAt: now },
  );
  return "refused" in erased ? erased : null;
}
