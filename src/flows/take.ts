import { HungUp, type Leg } from "../ports/telephony.ts";
import type { Deps } from "./deps.ts";
import { directCall } from "./direct.ts";
import { featureCode, isFeatureCode } from "./feature.ts";
import { inboundCall } from "./inbound.ts";

/** Every new call comes in here: from outside, from a phone of ours to another, or a feature code. Never rejects. */
export async function takeCall(leg: Leg, deps: Deps): Promise<void> {
  try {
    await flowFor(leg)(leg, deps);
  } catch (error) {
    if (error instanceof HungUp) return;
    deps.log.error({ channel: leg.id, err: error }, "a new call could not be taken");
    await leg.hangup("failed");
  }
}

function flowFor(leg: Leg): (leg: Leg, deps: Deps) => Promise<void> {
  if (leg.entry.from === "outside") return inboundCall;
  return isFeatureCode(leg.entry.dialled) ? featureCode : directCall;
}
