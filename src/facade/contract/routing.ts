import { z } from "zod";
import type { CallState } from "../../domain/call.ts";
import type { CallEvent } from "../../domain/call-fact.ts";
import { maybeTimeSchema, timeSchema, toTime } from "./words.ts";

/** Why a call went to whom, as the wire writes it. */
export const decisionSchema = z
  .strictObject({
    at: timeSchema,
    queue: z.string().nullable().describe("null when an extension was called directly"),
    agent_id: z.string(),
    extension: z.string(),
    reasons: z.array(z.string()).describe("sentences for people: why this call, why this agent"),
    outcome: z
      .string()
      .nullable()
      .describe(
        "answered, answered_elsewhere, busy, declined, no_answer, unreachable or caller_left; null: it rings",
      ),
    ended_at: maybeTimeSchema,
  })
  .meta({ id: "RoutingDecision", description: "One agent whom a call was offered to, and why" });

export const routingSchema = z
  .strictObject({
    call_id: z.string(),
    queue: z.string().nullable(),
    also_queues: z
      .array(z.string())
      .describe("further queues whose agents may take the call, since its overflow says so"),
    priority: z.number(),
    queued_at: maybeTimeSchema,
    connected_at: maybeTimeSchema,
    decisions: z.array(decisionSchema).describe("the first one first"),
  })
  .meta({ id: "CallRouting" });

export type WireRouting = z.output<typeof routingSchema>;

/** Every decision about a call, from its facts. */
export function presentRouting(state: CallState, events: readonly CallEvent[]): WireRouting {
  const decisions = events.flatMap((event, index) => {
    if (event.type !== "offered") return [];
    const { agent, extension, queue, reasons, at } = event;
    const end = events
      .slice(index + 1)
      .find((later) => later.type === "offer_ended" && later.agent === agent);
    const ended = end?.type === "offer_ended" ? end : null;
    return [
      {
        at: toTime(at),
        queue: queue ?? null,
        agent_id: agent,
        extension,
        reasons: [...reasons],
        outcome: ended?.outcome ?? null,
        ended_at: ended === null ? null : toTime(ended.at),
      },
    ];
  });
  const maybe = (at: number | null) => (at === null ? null : toTime(at));
  return {
    call_id: state.id,
    queue: state.queue,
    also_queues: [...state.alsoQueues],
    priority: state.priority,
    queued_at: maybe(state.queuedAt),
    connected_at: maybe(state.connectedAt),
    decisions,
  };
}
