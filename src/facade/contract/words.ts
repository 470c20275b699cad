import { z } from "zod";
import type { AgentStatus } from "../../domain/agent.ts";
import { type CallStage, callStages } from "../../domain/call.ts";
import { languages } from "../../domain/call-fact.ts";
import { ticketPriorities, ticketStatuses } from "../../domain/ticket.ts";
import { roles } from "../../domain/user.ts";

/**
 * The words and scalars that every message of the public API is made of. Times on the wire are ISO 8601 in UTC,
 * durations are seconds and say so in their name (`duration` is the one exception that older clients fix).
 */
export const timeSchema = z.iso.datetime().meta({ id: "Time", description: "ISO 8601, UTC" });
export const maybeTimeSchema = timeSchema.nullable();

/** Lists tell the same moments again and again, and to write one takes longer than to look it up. */
const written = new Map<number, string>();
const WRITTEN_AT_MOST = 10_000;

/** Milliseconds since 1970 as the wire writes them. */
export function toTime(ms: number): string {
  const known = written.get(ms);
  if (known !== undefined) return known;
  const text = new Date(ms).toISOString();
  if (written.size >= WRITTEN_AT_MOST) written.clear();
  written.set(ms, text);
  return text;
}
/** The same for a moment that may not have come yet. */
export const toMaybeTime = (ms: number | null): string | null => (ms === null ? null : toTime(ms));
/** Whole seconds of a length in milliseconds. */
export const toSeconds = (ms: number): number => Math.max(0, Math.round(ms / 1000));

/** Words that other clients use for the same; accepted on input, never written. */
export const callStatusAliases = {
  "in-progress": "in_progress",
  answered: "in_progress",
  completed: "ended",
  waiting: "queued",
} as const satisfies Record<string, CallStage>;

export const callStatusSchema = z.enum(callStages).meta({ id: "CallStatus" });
const aliasWords = Object.keys(callStatusAliases) as (keyof typeof callStatusAliases)[];

/** A call status as clients may write it, read as ours. */
export const callStatusInputSchema = z
  .enum([...callStages, ...aliasWords])
  .transform(
    (word): CallStage =>
      word in callStatusAliases
        ? callStatusAliases[word as keyof typeof callStatusAliases]
        : (word as CallStage),
  );

export const agentStatuses = [
  "available",
  "busy",
  "on_break",
  "offline",
] as const satisfies readonly AgentStatus[];
export const agentStatusSchema = z.enum(agentStatuses).meta({ id: "AgentStatus" });

export const roleSchema = z.enum(roles).meta({ id: "Role" });
export const languageSchema = z.enum(languages).meta({ id: "Language" });
export const ticketStatusSchema = z.enum(ticketStatuses).meta({ id: "TicketStatus" });
export const ticketPrioritySchema = z.enum(ticketPriorities).meta({ id: "TicketPriority" });
export const speakerSchema = z.enum(["bot", "customer", "agent"]).meta({ id: "Speaker" });

/** An id in a path: whatever is asked for is either there or not; its form is no fault of its own. */
export const idSchema = z.string().min(1).max(128);

/** One line of plain text: what people type, without control characters. */
export const textSchema = (most: number) =>
  z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, "must not hold control characters");

/** Several lines of plain text. */
export const proseSchema = (most: number) =>
  z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(most)
    .regex(/^[^\p{Cc}]*([\n\r\t][^\p{Cc}]*)*$/u, "must not hold control characters");

/**
 * A telephone number or an extension. A `+` that nobody encoded arrives in a query string as a blank, so a leading
 * blank before digits is read as one.
 */
export const phoneSchema = z
  .string()
  .max(40)
  .regex(/^[ +]?[\d ().-]+$/, "must be a telephone number, for example +254711000001")
  .transform((text) => (text.startsWith(" ") ? `+${text}` : text).replaceAll(/[ ().-]/g, ""))
  .pipe(z.string().regex(/^\+?\d{3,15}$/, "must have 3 to 15 digits, for example +254711000001"));

/** How many entries a list has at most. */
export const limitSchema = z.coerce.number().pipe(z.int().min(1).max(500));

/** A moment on input, read as milliseconds since 1970. */
export const momentSchema = z.iso
  .datetime({ offset: true, error: "must be a time such as 2026-11-20T08:30:00Z" })
  .transform((text) => Date.parse(text));
