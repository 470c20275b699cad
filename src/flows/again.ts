import { placeToKeep } from "../domain/again.ts";
import type { CallState } from "../domain/call.ts";
import type { Returning } from "../ports/desk.ts";
import type { Deps } from "./deps.ts";

type AgainDeps = Pick<Deps, "centre" | "clock" | "desk" | "e164">;

/** Keeps the place of a caller whose wait was cut short. */
export async function keepPlace(state: CallState, deps: AgainDeps): Promise<void> {
  const { centre, clock, desk, e164 } = deps;
  const place = placeToKeep(state, e164(state.caller), centre.routing.keepPlaceMs);
  const now = clock.now();
  // What ended unseen is told late.
  if (place !== null && place.until > now) await desk.keepPlace(place, now);
}

/** What the desk knows a caller by who may have a place; `undefined` when she has waited in this call already. */
export function returning(state: CallState, deps: AgainDeps): Returning | undefined {
  const caller = state.queuedAt === null ? deps.e164(state.caller) : null;
  return caller === null ? undefined : { caller, now: deps.clock.now() };
}
