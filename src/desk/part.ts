import type { Closing } from "../domain/closing.ts";
import type { KeptPlace, WaitingCall } from "../domain/queue.ts";
import type { LiveCall, Peer } from "../ports/desk.ts";
import { placeKey } from "./places.ts";
import type { AgentRecord } from "./record.ts";

/** What a process puts back when a session begins. */
export interface Part {
  readonly calls: readonly LiveCall[];
  readonly waiting: readonly WaitingCall[];
  readonly agents: readonly AgentRecord[];
  /** Whether this process has said that it is alive. */
  readonly peer: boolean;
  /** The other processes that were alive. */
  readonly peers: readonly Peer[];
  /** The processes that it knows to be shut out. */
  readonly fenced: readonly string[];
  /** The places that it keeps for callers who may dial again. */
  readonly places: readonly KeptPlace[];
  /** What it knows to have been said last of each queue. */
  readonly closings: readonly Closing[];
}

/** What a process knows that has just been started. */
export const nothing: Part = {
  calls: [],
  waiting: [],
  agents: [],
  peer: false,
  peers: [],
  fenced: [],
  places: [],
  closings: [],
};

/** The same as `restore.lua` reads it. */
export function partText(part: Part): string {
  const calls = part.calls.map(({ state }) => ({
    id: state.id,
    state: JSON.stringify(state),
    ...(state.callback === null ? {} : { number: state.caller }),
  }));
  const places = part.places.map((place) => ({
    key: placeKey(place.queue, place.caller),
    until: place.until,
    place: JSON.stringify(place),
  }));
  return JSON.stringify({ ...part, calls, places });
}
