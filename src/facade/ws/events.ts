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

/** What one event on the board is in the words of the public API: one message, or two when a call is queued. */
export function updatesOf(event: BoardEvent, recordOf: RecordOf): UnnumberedUpdate[] {
  switch (event.type) {
    case "call": {
      const at = toTime(event.event.at);
      const data = { ...presentCall(event.state), fact: event.event.type };
      return typesOf(event.event).map((type) => ({ type, at, data }));
    }
    case "agent": {
      const data = presentAgent(event.agent, recordOf(event.agent.id));
      return [{ type: "agent:status_changed", at: toTime(event.at), data }];
    }
    case "ticket": {
      const type = event.change === "created" ? "ticket:created" : "ticket:updated";
      return [{ type, at: toTime(event.at), data: presentTicket(event.ticket) }];
    }
    case "transcript":
      return [{ type: "message:new", at: toTime(event.at), data: presentMessage(event.line) }];
    case "health": {
      const data = { part: event.part, ...presentPart(event.health) };
      return [{ type: "system:health", at: toTime(event.at), data }];
    }
    default:
      return event satisfies never;
  }
}

type CallUpdateType = "call:new" | "call:updated" | "call:routed" | "call:ended";

function typesOf(event: CallEvent): CallUpdateType[] {
  switch (event.type) {
    case "started":
      return ["call:new"];
    case "queued":
      return ["call:updated", "call:routed"];
    case "ended":
      return ["call:ended"];
    default:
      return ["call:updated"];
  }
}
