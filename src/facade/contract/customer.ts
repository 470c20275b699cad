import { z } from "zod";
import { customerLimits } from "../../domain/customer.ts";
import { callSchema } from "./call.ts";
import { ticketSchema } from "./ticket.ts";
import {
  idSchema,
  limitSchema,
  phoneSchema,
  proseSchema,
  textSchema,
  timeSchema,
} from "./words.ts";

/** Customers: whoever has called, by her numbers. */
const fields = {
  customer_id: z.string().describe("for example CUST-001"),
  phone_number: z.string().describe("the number she is known by, E.164; empty: she has none"),
  phone_numbers: z.array(z.string()).describe("all of hers, that one first"),
  name: z.string().describe("empty until it is known"),
  email: z.string().nullable(),
  notes: z.string(),
  tags: z.array(z.string()).describe("in lower case and in order"),
  fields: z.record(z.string(), z.string()).describe("whatever else the centre keeps of her"),
  legal_hold: z
    .strictObject({ reason: z.string(), by: z.string(), since: timeSchema })
    .nullable()
    .describe("why nothing of her may be erased for now"),
  version: z.number().describe("grows with each change; in quotes it is the ETag"),
  created_at: timeSchema,
  updated_at: timeSchema,
};
export const customerSchema = z.strictObject(fields).meta({ id: "Customer" });

export const customerDetailSchema = z
  .strictObject({
    ...fields,
    calls: z.array(callSchema).describe("the newest, live ones too"),
    tickets: z.array(ticketSchema).describe("the newest"),
  })
  .meta({ id: "CustomerDetail" });

export const customerSorts = ["created_at", "updated_at", "name"] as const;

const wanted = {
  q: textSchema(80).optional().describe("a part of the name, or a number as people write it"),
  sort: z.enum(customerSorts).default("created_at"),
  order: z.enum(["asc", "desc"]).optional().describe("times: newest first; names: from A on"),
  cursor: z.string().max(1_000).optional().describe("next_cursor of the page before"),
};
export const customerListInputSchema = z.strictObject({
  ...wanted,
  limit: limitSchema.default(100),
});
export const customerListSchema = z.strictObject({
  customers: z.array(customerSchema),
  next_cursor: z.string().nullable().describe("null: no more"),
});
/** The same as a table; where there are more rows, `Link` has the address of the rest. */
export const customerTableInputSchema = z.strictObject(wanted);

/** Of a name, characters that turn the order of what stands around it would make another name. */
const turning = /[\u202A-\u202E\u2066-\u2069]/;
/** A name as people write it, in any script. */
export const customerNameSchema = textSchema(customerLimits.name)
  .refine((name) => !turning.test(name), "must not hold characters that turn the direction of text")
  .refine((name) => /[^\p{C}\p{Z}]/u.test(name), "must hold something that can be seen");

/** A number as people write it anywhere: with dashes and blanks of all kinds, in Arabic digits, with invisible marks. */
export const customerPhoneSchema = z
  .string()
  .max(80)
  .transform(plainNumber)
  .pipe(phoneSchema)
  .describe("for example +254711000001 or 0711 000 001");

/** The same number in the characters that `phoneSchema` knows. */
export function plainNumber(text: string): string {
  return text
    .normalize("NFKC")
    .replaceAll(/[\p{Cf}\u034F]/gu, "")
    .replaceAll(/\p{Zs}/gu, " ")
    .replaceAll(/\p{Pd}/gu, "-")
    .replaceAll(/[\u0660-\u0669\u06F0-\u06F9]/g, (digit) => String(digit.charCodeAt(0) & 0xf));
}

const emailSchema = z
  .string()
  .trim()
  .max(customerLimits.email)
  .pipe(z.email("must be an e-mail address"));
const notesSchema = proseSchema(customerLimits.notes);
export const customerTagsSchema = listOf(textSchema(customerLimits.tag), customerLimits.tags);
export const fieldNameSchema = z
  .string()
  .max(customerLimits.fieldName)
  .regex(/^[a-z][a-z0-9_]*$/, "must be named in a-z, 0-9 and _");
export const customerFieldsSchema = z
  .record(fieldNameSchema, textSchema(customerLimits.fieldValue))
  .refine(
    (all) => Object.keys(all).length <= customerLimits.fields,
    `must not be more than ${customerLimits.fields}`,
  );

/** A list, which a query string writes with commas. */
function listOf<T extends z.ZodType>(each: T, most: number) {
  return z.preprocess(
    (value) => (typeof value === "string" ? value.split(",") : value),
    z.array(each).max(most),
  );
}

export const newCustomerInputSchema = z.strictObject({
  phone_number: customerPhoneSchema,
  name: customerNameSchema,
  email: emailSchema.optional(),
  notes: notesSchema.optional(),
  tags: customerTagsSchema.optional(),
  fields: customerFieldsSchema.optional(),
});

const orEmpty = <T extends z.ZodType>(schema: T) => z.union([z.literal(""), schema]);
export const customerChangeInputSchema = z
  .strictObject({
    phone_numbers: listOf(customerPhoneSchema, customerLimits.phones)
      .refine((numbers) => numbers.length > 0, "must hold at least one number")
      .optional()
      .describe("in place of those that are there"),
    name: customerNameSchema.optional(),
    email: z
      .union([z.null(), orEmpty(emailSchema)])
      .optional()
      .describe("empty: none"),
    notes: orEmpty(notesSchema).optional(),
    tags: customerTagsSchema.optional().describe("in place of those that are there"),
    fields: customerFieldsSchema.optional().describe("in place of those that are there"),
    legal_hold: z
      .strictObject({ reason: textSchema(500) })
      .nullable()
      .optional()
      .describe("for admins; null: there is none any more"),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), {
    error: "name at least one of phone_numbers, name, email, notes, tags, fields, legal_hold",
  });

export const mergeInputSchema = z.strictObject({
  other: idSchema.describe("whose numbers, calls and tickets go to the one in the path"),
});

export const customerSavedSchema = z.strictObject({
  success: z.literal(true),
  customer_id: z.string(),
  customer: customerSchema,
});

const flagSchema = z.enum(["true", "false"]).default("false");
export const importInputSchema = z.strictObject({
  dry_run: flagSchema.describe("true: tells what would be done, and stores nothing"),
  skip_faulty: flagSchema.describe("true: rows without a fault are stored though others have one"),
});
export const importedSchema = z.strictObject({
  success: z.literal(true),
  dry_run: z.boolean(),
  created: z.number(),
  updated: z.number(),
  unchanged: z.number(),
  skipped: z.number().describe("rows with a fault"),
  faults: z.array(z.string()).describe("by line, the first hundred"),
});

/** What the cells of a row must be, as the parameters of a customer are. */
export const importRowSchema = z.object({
  customer_id: z.string().max(40),
  phone_numbers: z.array(customerPhoneSchema).min(1, "is missing").max(customerLimits.phones),
  name: customerNameSchema.optional(),
  email: emailSchema.optional(),
  notes: notesSchema.optional(),
  tags: z.array(textSchema(customerLimits.tag)).max(customerLimits.tags).optional(),
  fields: customerFieldsSchema.optional(),
});

export type WireCustomer = z.output<typeof customerSchema>;
export type ImportRow = z.output<typeof importRowSchema>;
export type CustomerListInput = z.output<typeof customerTableInputSchema>;
