import { z } from "zod";
import { callSchema } from "./call.ts";
import { ticketSchema } from "./ticket.ts";
import { idSchema, limitSchema, phoneSchema, textSchema, timeSchema } from "./words.ts";

/** Customers: whoever has called, by her number. */
const fields = {
  customer_id: z.string().describe("for example CUST-001"),
  phone_number: z.string().describe("E.164"),
  name: z.string().describe("empty until it is known"),
  created_at: timeSchema,
};
export const customerSchema = z.strictObject(fields).meta({ id: "Customer" });

export const customerDetailSchema = z
  .strictObject({
    ...fields,
    calls: z.array(callSchema).describe("the newest, live ones too"),
    tickets: z.array(ticketSchema).describe("the newest"),
  })
  .meta({ id: "CustomerDetail" });

export const customerListInputSchema = z.strictObject({
  q: textSchema(80).optional().describe("a part of the name, or a number as people write it"),
  cursor: idSchema.optional().describe("next_cursor of the page before"),
  limit: limitSchema.default(100),
});
export const customerListSchema = z.strictObject({
  customers: z.array(customerSchema),
  next_cursor: z.string().nullable().describe("null: no more"),
});

export const newCustomerInputSchema = z.strictObject({
  phone_number: phoneSchema,
  name: textSchema(120),
});
export const customerChangeInputSchema = z.strictObject({ name: textSchema(120) });
export const customerSavedSchema = z.strictObject({
  success: z.literal(true),
  customer_id: z.string(),
  customer: customerSchema,
});

export type WireCustomer = z.output<typeof customerSchema>;
