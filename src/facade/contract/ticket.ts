import { z } from "zod";
import {
  limitSchema,
  phoneSchema,
  proseSchema,
  textSchema,
  ticketPrioritySchema,
  ticketStatusSchema,
  timeSchema,
} from "./words.ts";

/** Tickets, as the wire writes them. */
export const ticketSchema = z
  .strictObject({
    ticket_id: z.string().describe("for example TKT-20261120-0001"),
    subject: z.string(),
    description: z.string(),
    status: ticketStatusSchema,
    priority: ticketPrioritySchema,
    department: z.string().nullable(),
    assigned_to: z.string().nullable().describe("an agent's id"),
    customer_name: z.string(),
    customer_phone: z.string(),
    call_id: z.string().nullable().describe("the call it came from"),
    recording: z.string().nullable().describe("the message that the caller left, by its name"),
    recording_url: z.string().nullable().describe("where its audio is, on this server"),
    source: z.string().describe("why it was opened: abandoned, voicemail or api"),
    notes: z.array(z.strictObject({ at: timeSchema, text: z.string(), by: z.string() })),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .meta({ id: "Ticket" });

export const ticketListInputSchema = z.strictObject({
  status: ticketStatusSchema.optional(),
  priority: ticketPrioritySchema.optional(),
  department: textSchema(40).optional(),
  call_id: textSchema(40).optional(),
  limit: limitSchema.default(100),
});
export const ticketListSchema = z.strictObject({ tickets: z.array(ticketSchema) });

export const newTicketInputSchema = z.strictObject({
  customer_name: textSchema(120),
  customer_phone: phoneSchema,
  subject: textSchema(200),
  description: proseSchema(5_000).optional(),
  priority: ticketPrioritySchema.default("medium"),
  department: textSchema(40).optional(),
  assigned_to: textSchema(20).optional(),
  call_id: textSchema(40).optional(),
});

export const ticketChangeInputSchema = z
  .strictObject({
    status: ticketStatusSchema.optional(),
    priority: ticketPrioritySchema.optional(),
    assigned_to: z
      .union([z.literal(""), textSchema(20)])
      .optional()
      .describe("empty: nobody"),
    department: textSchema(40).optional(),
    notes: proseSchema(5_000).optional().describe("added to the notes that are there"),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), {
    error: "name at least one of status, priority, assigned_to, department, notes",
  });

export const ticketSavedSchema = z.strictObject({
  success: z.literal(true),
  ticket_id: z.string(),
  ticket: ticketSchema,
});

export type WireTicket = z.output<typeof ticketSchema>;
export type NewTicketInput = z.output<typeof newTicketInputSchema>;
export type TicketChangeInput = z.output<typeof ticketChangeInputSchema>;
