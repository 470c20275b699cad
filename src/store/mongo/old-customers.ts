import { newCustomer } from "../../domain/customer.ts";
import type { CustomerId } from "../../domain/ids.ts";
import { documentOf } from "./customer-writes.ts";
import type { Models } from "./models.ts";

interface OldCustomer {
  readonly _id: CustomerId;
  readonly phone: string;
  readonly name: string;
  readonly createdAt: number;
}

/** Customers once had one number each, and nothing but a name; they are brought forward before the indexes are made. */
export async function bringCustomersForward(models: Models): Promise<void> {
  const collection = models.customers.collection;
  const old = { numbers: { $exists: false } };
  if ((await collection.findOne(old)) === null) return;
  const indexes = await collection.indexes();
  if (indexes.some(({ name }) => name === "phone_1")) await collection.dropIndex("phone_1");
  for await (const document of models.customers.find(old).lean()) {
    const { _id, phone, name, createdAt } = document as unknown as OldCustomer;
    const customer = newCustomer({ phones: [phone], name }, _id, createdAt);
    const place = { mergedInto: null, erasedAt: null, leaving: null, absorbed: [] };
    await collection.updateOne(
      { _id },
      { $set: { ...documentOf(customer), ...place }, $unset: { phone: "" } },
    );
  }
}
