import type { CallEvent } from "../../domain/call-fact.ts";
import type { AgentSettings } from "../../domain/centre.ts";
import type { BoardEvent } from "../../ports/board.ts";
import {
  presentAgent,
  presentCall,
  presentMessage,
  presentPart,
  presentTicket,
} from "../contract/present.ts";
import type { UnnumberedUpdate } from "../contract/updates.ts";
import { toTime } from "../contract/words.ts";

/** Who an agent is, by her id. */
export type RecordOf = (id: string) => AgentSettings | null;

/** What is told; that something was missed is not told, but mended. */
export type News = Exclude<BoardEvent, { type: "missed" }>;
type CallNews = Extract<News, { type: "call" }>;

type CallUpdateType =
  | "call:new"
  | "call:updated"
  | "call:routed"
  | "call:transferred"
  | "call:ended";

/** One message to be: an event and, of a call, under which name, and the facts that it tells. */
export type Item =
  | { readonly event: CallNews; readonly as: CallUpdateType; readonly facts: readonly string[] }
  | { readonly event: Exclude<News, CallNews> };

/** What one event on the board becomes: one message, or two when a call is queued. */
export function itemsOf(event: News): readonly Item[] {
  if (event.type !== "call") return [{ event }];
  return namesOf(event.event).map((as) => ({ event, as, facts: [event.event.type] }));
}

function namesOf(event: CallEvent): readonly CallUpdateType[] {
  switch (event.type) {
    case "started":
      return ["call:new"];
    case "queued":
      return ["call:updated", "call:routed"];
    case "moved":
      // That she was routed is told when she is in the queue.
      return event.how === "transferred" ? ["call:updated", "call:transferred"] : ["call:updated"];
    case "ended":
      return ["call:ended"];
    default:
      return ["call:updated"];
  }
}

/**
 * What a message is the newest state of, where it is no more than that: of several in one go the last says it all. All
 * other messages, `null`, are facts that clients count on.
 */
export function subjectOf(item: Item): string | null {
  if ("as" in item) return item.as === "call:updated" ? item.event.event.call : null;
  return item.event.type === "agent" ? item.event.agent.id : null;
}

/** The newer of two messages about the same thing, with the facts of both. */
export function merged(older: Item, newer: Item): Item {
  if (!("as" in older) || !("as" in newer)) return newer;
  return { ...newer, facts: [...older.facts, ...newer.facts] };
}

/** A message in the words of the public API. */
export function presentItem(item: Item, recordOf: RecordOf): UnnumberedUpdate {
  if ("as" in item) {
    const { event, state } = item.event;
    const data = { ...presentCall(state), fact: event.type, facts: [...item.facts] };
    const at = toTime(event.at);
    if (item.as !== "call:transferred") return { type: item.as, at, data };
    const { queue: to_department, wanted: to_agent } = state;
    return { type: item.as, at, data: { ...data, to_department, to_agent } };
  }
  const { event } = item;
  const at = toTime(event.at);
  switch (event.type) {
    case "agent":
      return {
        type: "agent:status_changed",
        at,
        data: presentAgent(event.agent, recordOf(event.agent.id)),
      };
    case "ticket": {
      const type = event.change === "created" ? "ticket:created" : "ticket:updated";
      return { type, at, data: presentTicket(event.ticket) };
    }
    case "transcript":
      return { type: "message:new", at, data: presentMessage(event.line) };
    case "health":
      return {
        type: "system:health",
        at,
        data: { part: event.part, ...presentPart(event.health) },
      };
    default:
      return event satisfies never;
  }
}
