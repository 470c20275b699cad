import type { QueryFilter } from "mongoose";
import {
  type CustomerSort,
  changeCustomer,
  nameOrder,
  newCustomer,
} from "../../domain/customer.ts";
import type { Customer, CustomerFilter, Customers, NewCustomer } from "../../ports/store.ts";
import { customerIdFrom, pageSize } from "../shapes.ts";
import { claim } from "./claim.ts";
import type { Connection } from "./connection.ts";
import {
  changeWhere,
  customerOf,
  documentOf,
  eraseCustomer,
  find,
  mergeInto,
  ofPhone,
  takenBy,
} from "./customer-writes.ts";
import type { CustomerDocument, Models } from "./models.ts";
import type { Turns } from "./turns.ts";

/** Whoever writes waits for the others, within this process; between processes versions and unique indexes decide. */
export function mongoCustomers(connection: Connection, turns: Turns): Customers {
  const write = <T>(step: (models: Models) => Promise<T>): Promise<T> =>
    turns.take("customers", () => connection.run(step));
  return {
    ensure: (phone, name, now) =>
      write((models) =>
        claim(
          () => next(models),
          async (number) => {
            const known = await ofPhone(models, phone);
            if (known === null) return await insert(models, { phones: [phone], name }, number, now);
            if (known.name !== "" || name === "") return known;
            const named = await changeWhere(models, known.id, async (customer) =>
              customer.name === "" ? changeCustomer(customer, { name }, now) : customer,
            );
            return "refused" in named ? known : named;
          },
        ),
      ),

    add: (customer, now) =>
      write((models) =>
        claim(
          () => next(models),
          async (number) =>
            (await takenBy(models, customer.phones, null)) ??
            (await insert(models, customer, number, now)),
        ),
      ),

    get: (id) => connection.run((models) => find(models, id)),

    byPhone: (phone) => connection.run((models) => ofPhone(models, phone)),

    update: (id, change, now, versions) =>
      write((models) =>
        changeWhere(models, id, async (customer) => {
          if (versions !== undefined && !versions.includes(customer.version))
            return { refused: "changed" };
          const taken = await takenBy(models, change.phones ?? [], customer.id);
          return taken ?? changeCustomer(customer, change, now);
        }),
      ),

    merge: (stays, other, now) => write((models) => mergeInto(models, stays, other, now)),

    erase: (id, now) => write((models) => eraseCustomer(models, id, now)),

    list: async (filter) => {
      const size = pageSize(filter.limit);
      if (size === 0) return []; // MongoDB takes 0 for no limit.
      return await connection.run(async (models) => {
        const { sort = { by: "createdAt", descending: true } } = filter;
        const direction = sort.descending ? -1 : 1;
        const order = [...columnsOf[sort.by], "number"].map(
          (column) => [column, direction] as const,
        );
        const wanted = await conditions(models, filter, sort);
        if (wanted === null) return [];
        const found = models.customers.find(wanted).sort(Object.fromEntries(order)).limit(size);
        return (await found.lean()).map(customerOf);
      });
    },
  };
}

/** What each list is sorted by, before the number, which tells all customers apart. */
const columnsOf: Readonly<Record<CustomerSort, readonly ("updatedAt" | "nameOrder")[]>> = {
  createdAt: [],
  updatedAt: ["updatedAt"],
  name: ["nameOrder"],
};

/** `null`: the customer behind whom the list goes on has never been there, so nobody comes behind her. */
async function conditions(
  models: Models,
  { name, digits, after }: CustomerFilter,
  sort: NonNullable<CustomerFilter["sort"]>,
): Promise<QueryFilter<CustomerDocument> | null> {
  const found: QueryFilter<CustomerDocument> = { mergedInto: null, erasedAt: null };
  if (name !== undefined) found.nameOrder = new RegExp(RegExp.escape(nameOrder(name)), "u");
  if (digits !== undefined) found.numbers = new RegExp(RegExp.escape(digits));
  if (after === undefined) return found;
  const last = await models.customers.findOne({ _id: after.id }).lean();
  if (last === null) return null;
  const behind = sort.descending ? { $lt: last.number } : { $gt: last.number };
  const [column] = columnsOf[sort.by];
  // Two conditions on one field stand beside each other.
  if (column === undefined) return { $and: [found, { number: behind }] };
  const further = sort.descending ? { $lt: after.value } : { $gt: after.value };
  return {
    $and: [found, { $or: [{ [column]: further }, { [column]: after.value, number: behind }] }],
  };
}

async function insert(
  models: Models,
  wish: NewCustomer,
  number: number,
  now: number,
): Promise<Customer> {
  const customer = newCustomer(wish, customerIdFrom(number), now);
  const place = { _id: customer.id, number, mergedInto: null, erasedAt: null };
  await models.customers.create([
    { ...documentOf(customer), ...place, leaving: null, absorbed: [] },
  ]);
  return customer;
}

async function next(models: Models): Promise<number> {
  const last = await models.customers.findOne().sort({ number: -1 }).lean();
  return (last?.number ?? 0) + 1;
}
