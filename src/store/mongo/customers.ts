import type { Customer, Customers } from "../../ports/store.ts";
import { customerIdFrom, customerShape, pageSize, parseRecord } from "../shapes.ts";
import { claim } from "./claim.ts";
import type { Connection } from "./connection.ts";
import type { Models } from "./models.ts";
import type { Turns } from "./turns.ts";

export function mongoCustomers(connection: Connection, turns: Turns): Customers {
  return {
    ensure: (phone, name, now) =>
      turns.take("customers", () =>
        connection.run((models) =>
          claim(
            () => next(models),
            async (number) =>
              (await known(models, phone, name)) ??
              (await insert(
                models,
                { id: customerIdFrom(number), phone, name, createdAt: now },
                number,
              )),
          ),
        ),
      ),

    get: (id) =>
      connection.run(async (models) => {
        const customer = await models.customers.findOne({ _id: id }).lean();
        return customer === null ? null : customerOf(customer);
      }),

    byPhone: (phone) =>
      connection.run(async (models) => {
        const customer = await models.customers.findOne({ phone }).lean();
        return customer === null ? null : customerOf(customer);
      }),

    rename: (id, name) =>
      connection.run(async (models) => {
        await models.customers.updateOne({ _id: id }, { $set: { name } });
        const customer = await models.customers.findOne({ _id: id }).lean();
        return customer === null ? null : customerOf(customer);
      }),

    list: async ({ name, digits, before, limit }) => {
      const size = pageSize(limit);
      if (size === 0) return []; // MongoDB takes 0 for no limit.
      return await connection.run(async (models) => {
        const last =
          before === undefined ? null : await models.customers.findOne({ _id: before }).lean();
        if (before !== undefined && last === null) return [];
        const found = models.customers
          .find({
            ...(name === undefined ? {} : { name: new RegExp(RegExp.escape(name), "iu") }),
            ...(digits === undefined ? {} : { phone: new RegExp(RegExp.escape(digits)) }),
            ...(last === null ? {} : { number: { $lt: last.number } }),
          })
          .sort({ number: -1 })
          .limit(size);
        return (await found.lean()).map(customerOf);
      });
    },
  };
}

/** The customer of a number, given this name when there was none. */
async function known(models: Models, phone: string, name: string): Promise<Customer | null> {
  if (name !== "") await models.customers.updateOne({ phone, name: "" }, { $set: { name } });
  const customer = await models.customers.findOne({ phone }).lean();
  return customer === null ? null : customerOf(customer);
}

async function insert(models: Models, customer: Customer, number: number): Promise<Customer> {
  await models.customers.create([{ ...customer, _id: customer.id, number }]);
  return customer;
}

async function next(models: Models): Promise<number> {
  const last = await models.customers.findOne().sort({ number: -1 }).lean();
  return (last?.number ?? 0) + 1;
}

function customerOf(document: unknown): Customer {
  return parseRecord(customerShape, document, "customer");
}
