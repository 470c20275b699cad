import { z } from "zod";
import { noteVisibilities } from "../../domain/ticket.ts";
import { ticketLimits } from "../../domain/ticket-change.ts";
import {
  idSchema,
  limitSchema,
  maybeTimeSchema,
  momentSchema,
  phoneSchema,
  proseSchema,
  textSchema,
  ticketPrioritySchema,
  ticketStatusSchema,
  timeSchema,
} from "./words.ts";

export const noteVisibilitySchema = z.enum(noteVisibilities).meta({
  id: "NoteVisibility",
  description: "private: for the people of the centre; public: may be shown to the customer",
});
const noteSchema = z.strictObject({
  at: timeSchema,
  text: z.string(),
  by: z.string(),
  visibility: noteVisibilitySchema,
});

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
    tags: z.array(z.string()).describe("in lower case, each once, in order"),
    linked_calls: z
      .array(z.string())
      .describe("every call that it is about: call_id, then those that were linked to it"),
    due_at: maybeTimeSchema.describe("by when it is to be resolved"),
    notes: z.array(noteSchema),
    created_at: timeSchema,
    updated_at: timeSchema,
    resolved_at: maybeTimeSchema.describe("since when it is resolved; null while it is not"),
    closed_at: maybeTimeSchema.describe("since when it is closed; null while it is not"),
  })
  .meta({ id: "Ticket" });

const valueSchema = z
  .union([z.string(), z.array(z.string())])
  .nullable()
  .describe("a word, a time, or the tags; null: nothing");
export const ticketActivitySchema = z
  .strictObject({
    seq: z.number().describe("from 1 within the ticket"),
    at: timeSchema,
    by: z.string().describe("a user; system: the end of a call"),
    field: z.enum([
      "status",
      "priority",
      "assigned_to",
      "department",
      "due_at",
      "tags",
      "linked_calls",
      "notes",
    ]),
    from: valueSchema,
    to: valueSchema.describe("of a linked call its id, of a note its visibility"),
  })
  .meta({ id: "TicketActivity" });

export const ticketDetailSchema = ticketSchema
  .extend({ activity: z.array(ticketActivitySchema).describe("the last changes, newest first") })
  .meta({ id: "TicketDetail" });

export const ticketActivityInputSchema = z.strictObject({
  cursor: z.coerce
    .number()
    .pipe(z.int().min(1))
    .optional()
    .describe("next_cursor of the page before"),
  limit: limitSchema.default(100),
});
export const ticketActivityListSchema = z.strictObject({
  ticket_id: z.string(),
  activity: z.array(ticketActivitySchema).describe("newest first"),
  next_cursor: z.string().nullable().describe("null: no more"),
});

/** A label that people give; commas part several of them, and what turns a line around could pass for another. */
const tagSchema = textSchema(40).regex(
  /^[^,\u202a-\u202e\u2066-\u2069]*$/u,
  "must not hold commas or marks that turn the direction of writing",
);
/** Several tags, as a list or as one text with commas between them. */
const tagsSchema = z
  .preprocess(
    (value) =>
      typeof value === "string" ? value.split(",").filter((part) => part.trim() !== "") : value,
    z.array(tagSchema).max(ticketLimits.tags),
  )
  .describe("a list, or one text with commas between them");
const dueSchema = z
  .union([z.literal("").transform(() => null), z.null(), momentSchema], {
    error: "must be a time such as 2026-11-20T08:30:00Z, or empty",
  })
  .describe("empty: at no time");
const assigneeSchema = z.union([z.literal(""), textSchema(20)]).describe("empty: nobody");

export const ticketSortWords = ["created_at", "updated_at", "due_at", "priority"] as const;
const descending = ticketSortWords.map((word) => `-${word}` as const);

export const ticketListInputSchema = z.strictObject({
  status: ticketStatusSchema.optional(),
  priority: ticketPrioritySchema.optional(),
  department: textSchema(40).optional(),
  assigned_to: assigneeSchema.optional(),
  tag: tagSchema.optional(),
  call_id: textSchema(40).optional().describe("the call it came from, or that was linked to it"),
  customer_phone: phoneSchema.optional(),
  created_from: momentSchema.optional().describe("created at this time or later"),
  created_to: momentSchema.optional().describe("created before this time"),
  updated_from: momentSchema.optional(),
  updated_to: momentSchema.optional(),
  overdue: z
    .enum(["true", "false"])
    .optional()
    .describe("true: due before now and neither resolved nor closed; false: all others"),
  sort: z
    .enum([...ticketSortWords, ...descending])
    .default("-created_at")
    .describe("- before it: descending; a ticket without a due time comes after every other"),
  cursor: z.string().max(500).optional().describe("next_cursor of the page before"),
  limit: limitSchema.default(100),
});
export const ticketListSchema = z.strictObject({
  tickets: z.array(ticketSchema),
  next_cursor: z.string().nullable().describe("null: no more"),
});

export const newTicketInputSchema = z.strictObject({
  customer_name: textSchema(120),
  customer_phone: phoneSchema,
  subject: textSchema(200),
  description: proseSchema(5_000).optional(),
  priority: ticketPrioritySchema.default("medium"),
  department: textSchema(40).optional(),
  assigned_to: textSchema(20).optional(),
  call_id: textSchema(40).optional(),
  tags: tagsSchema.optional(),
  due_at: dueSchema.optional(),
});

/** What can be changed, of one ticket or of several. */
const changes = {
  status: ticketStatusSchema.optional(),
  priority: ticketPrioritySchema.optional(),
  assigned_to: assigneeSchema.optional(),
  department: textSchema(40).optional(),
  due_at: dueSchema.optional(),
  tags: tagsSchema.optional().describe("in place of those that are there"),
  add_tags: tagsSchema.optional(),
  remove_tags: tagsSchema.optional(),
  notes: proseSchema(5_000).optional().describe("added to the notes that are there"),
  note_visibility: noteVisibilitySchema.optional().describe("of the note; private unless told"),
};

const changesSomething = (change: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(changes).some((key) => key !== "note_visibility" && change[key] !== undefined);
const names = Object.keys(changes).join(", ");
const nothingToDo = { error: `name at least one of ${names}` };
const hasNote = (change: { notes?: unknown; note_visibility?: unknown }): boolean =>
  change.note_visibility === undefined || change.notes !== undefined;
const noNote = { error: "is of no use without notes", path: ["note_visibility"] };

export const ticketChangeInputSchema = z
  .strictObject(changes)
  .refine(hasNote, noNote)
  .refine(changesSomething, nothingToDo);

export const ticketBulkInputSchema = z
  .strictObject({
    ids: z
      .preprocess(
        (value) => (typeof value === "string" ? value.split(",") : value),
        z.array(idSchema).min(1).max(100),
      )
      .describe("a list of ticket ids, or one text with commas between them"),
    ...changes,
  })
  .refine(hasNote, noNote)
  .refine(changesSomething, nothingToDo);

export const ticketBulkSchema = z.strictObject({
  success: z.boolean().describe("whether every ticket was changed"),
  tickets: z.array(ticketSchema).describe("those that were changed, each wholly"),
  faults: z
    .array(z.strictObject({ ticket_id: z.string(), code: z.string(), detail: z.string() }))
    .describe("those that were not changed at all, and why"),
});

export const ticketNoteInputSchema = z.strictObject({
  text: proseSchema(5_000),
  visibility: noteVisibilitySchema.default("private"),
});
export const ticketCallInputSchema = z.strictObject({ call_id: textSchema(40) });

export const ticketSavedSchema = z.strictObject({
  success: z.literal(true),
  ticket_id: z.string(),
  ticket: ticketSchema,
});

export type WireTicket = z.output<typeof ticketSchema>;
export type NewTicketInput = z.output<typeof newTicketInputSchema>;
export type TicketChangeInput = z.output<typeof ticketChangeInputSchema>;
export type WireActivity = z.output<typeof ticketActivitySchema>;
