import { z } from "zod";
import type { CallState } from "../../domain/call.ts";
import type { CallEvent } from "../../domain/call-fact.ts";
import type { Hindrance } from "../../domain/routing/hindrances.ts";
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

/** Why nobody else has a waiting call just now, as the wire writes it. */
export const hindranceSchema = z
  .strictObject({
    agent_id: z.string(),
    extension: z.string(),
    reasons: z
      .array(z.string())
      .describe("why she does not get it now, for people; each follows her name"),
    calls_before: z.int().describe("calls of her queues that come before it and ring nowhere yet"),
  })
  .meta({ id: "RoutingHindrance", description: "What keeps an agent from a call that waits" });

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
    waiting: z
      .strictObject({
        position: z.int().describe("its place in its queue, from 1"),
        agents: z
          .array(hindranceSchema)
          .describe("everybody who serves its queue, or one whose agents were added"),
      })
      .nullable()
      .describe("how it stands at this moment; null when it does not wait"),
  })
  .meta({ id: "CallRouting" });

export type WireRouting = z.output<typeof routingSchema>;

/** How a call waits at this moment. */
export interface Wait {
  readonly position: number;
  readonly hindrances: readonly Hindrance[];
}

/** Every decision about a call, from its facts, and why nobody has it while it waits. */
export function presentRouting(
  state: CallState,
  events: readonly CallEvent[],
  wait: Wait | null,
): WireRouting {
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
    waiting: wait === null ? null : presentWait(wait),
  };
}

function presentWait({ position, hindrances }: Wait): NonNullable<WireRouting["waiting"]> {
  const agents = hindrances.map(({ agent, extension, reasons, callsBefore }) => ({
    agent_id: agent,
    extension,
    reasons: [...reasons],
    calls_before: callsBefore,
  }));
  return { position, agents };
}
