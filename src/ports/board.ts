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
 *
 * `missed` says that something happened elsewhere which was not heard here: whoever keeps a state reads it anew.
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
    }
  | { readonly type: "missed"; readonly at: number };

/** Whether an event is this process's own or was told by another one. */
export type Origin = "here" | "elsewhere";

export interface Board {
  /** What happens in this process. */
  publish(event: BoardEvent): void;
  /** What another process has told: for the readers here, and for no other process. */
  hear(event: BoardEvent): void;
  /** Returns what ends the subscription. */
  subscribe(reader: (event: BoardEvent, origin: Origin) => void): () => void;
}

/** Brings what happens in this process to the others that share its desk, and what happens there to the board here. */
export interface Bridge {
  /** Settles when what the others tell is heard here, or cannot be heard yet: then it is tried on and on. Never rejects. */
  start(): Promise<void>;
  stop(): Promise<void>;
}
