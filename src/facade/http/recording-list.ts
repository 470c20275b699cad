import { z } from "zod";
import { asAgentId, asCallId, asQueueName } from "../../domain/ids.ts";
import type { RecordingEntry } from "../../domain/record.ts";
import type { RecordingFilter } from "../../ports/store.ts";
import type { RecordingListInput } from "../contract/recording.ts";
import { cursorOf, placeOf } from "./cursor.ts";
import { Problem } from "./problems.ts";
import { refuseEmptySpan, spanOf } from "./spans.ts";
import type { SignedIn } from "./token.ts";

const placeSchema = z.strictObject({ at: z.number(), name: z.string() });

/** A list as clients ask for it, as the store takes it: for agents, of the calls that they talked in. */
export function filterOf(input: RecordingListInput, user: SignedIn): RecordingFilter {
  const { call_id, queue, kind, from, to, deleted, cursor, limit } = input;
  refuseEmptySpan(null, from, to);
  const agent = agentOf(input.agent, user);
  const recorded = spanOf(from, to);
  return {
    limit,
    ...(call_id === undefined ? {} : { call: asCallId(call_id) }),
    ...(queue === undefined ? {} : { queue: asQueueName(queue) }),
    ...(agent === undefined ? {} : { agent: asAgentId(agent) }),
    ...(kind === undefined ? {} : { kind }),
    ...(recorded === undefined ? {} : { recorded }),
    ...(deleted === undefined ? {} : { deleted: deleted === "true" }),
    ...(cursor === undefined ? {} : { after: placeOf(placeSchema, cursor) }),
  };
}

/** What asks for the page after this one; `null` when there is none. */
export function nextCursor(page: readonly RecordingEntry[], limit: number): string | null {
  const last = page.length < limit ? undefined : page.at(-1);
  return last === undefined ? null : cursorOf({ at: last.at, name: last.name });
}

function agentOf(asked: string | undefined, { role, agent }: SignedIn): string | undefined {
  if (role !== "agent") return asked;
  if (agent !== null && (asked === undefined || asked === agent)) return agent;
  throw new Problem("not_allowed", "Agents may see the recordings of their own calls only.");
}
