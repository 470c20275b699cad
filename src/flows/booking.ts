import { fold } from "../domain/call.ts";
import type { CallFact } from "../domain/call-fact.ts";
import type { CallId } from "../domain/ids.ts";
import type { Call } from "./call.ts";
import { takeUpCallback } from "./callback.ts";
import type { Deps } from "./deps.ts";
import { callOn } from "./identity.ts";
import { CallRecord } from "./record.ts";

/** A call by which somebody outside is to be called. */
export interface Booking {
  readonly started: CallFact & { readonly type: "started" };
  /** Her place: her language, her queue. */
  readonly place: readonly CallFact[];
  /** The call in which she asked for it; `null`: a user has ordered it. */
  readonly askedIn: CallId | null;
  /** Settles when she can be called. Never rejects. */
  readonly lineFree: Promise<void>;
  /** What she goes through when she has answered. */
  readonly flow: Call["flow"];
}

/**
 * Begins a call by which somebody is called. Gives the call that does so: where one is to call her number already, it is
 * that one, and no other begins.
 */
export async function bookCall(
  { started, place, askedIn, lineFree, flow }: Booking,
  deps: Deps,
): Promise<CallId> {
  const id = callOn(started.channel);
  const at = deps.clock.now();
  const events = [started, ...place].map((fact, index) => ({
    ...fact,
    call: id,
    seq: index + 1,
    at,
  }));
  const by = await deps.desk.bookCallback(fold(events), deps.owner, askedIn ?? id);
  if (by !== id) return by;
  const record = CallRecord.open(deps, id, started, at);
  for (const fact of place) record.note(fact);
  void takeUpCallback({ record, agent: null, customer: null, lineFree }, deps, flow);
  return id;
}
