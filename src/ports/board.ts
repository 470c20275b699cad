import type { Agent } from "../domain/agent.ts";
import type { CallState } from "../domain/call.ts";
import type { CallEvent } from "../domain/call-fact.ts";
import type { Part, PartHealth } from "../domain/health.ts";
import type { CallId } from "../domain/ids.ts";
import type { Ticket, TranscriptLine } from "./store.ts";

/**
 * What happens, for everybody who watches. One bus; each socket, the dashboard and the terminal board are views of it.
 * Delivery to a subscriber is in order and never blocks or fails the publisher. Domain values only: the words of the
 * public API are made in `facade/`.
 */
export type BoardEvent =
  | { readonly type: "call"; readonly event: CallEvent; readonly state: CallState }
  | { readonly type: "agent"; readonly agent: Agent; readonly at: number }
  | {
      readonly type: "ticket";
      readonly ticket: Ticket;
      readonly change: "created" | "updated";
      readonly at: number;
    }
  | {
      readonly type: "transcript";
      readonly call: CallId;
      readonly line: TranscriptLine;
      readonly at: number;
    }
  | {
      readonly type: "health";
      readonly part: Part;
      readonly health: PartHealth;
      readonly at: number;
    };

export interface Board {
  publish(event: BoardEvent): void;
  /** Returns what ends the subscription. */
  subscribe(reader: (event: BoardEvent) => void): () => void;
}
