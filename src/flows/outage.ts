import { hasCode } from "../domain/errors.ts";
import type { Deps } from "./deps.ts";
import type { Scope } from "./scope.ts";

/** How often it is tried again whether Asterisk answers. Nothing tells of a single request that went unanswered. */
const AGAIN_AFTER_MS = 500;

/** Settles when Asterisk can be talked to again, or when the leg is `gone` for which it is. */
export async function talkingTo(
  gone: AbortSignal,
  { clock, telephony }: Pick<Deps, "clock" | "telephony">,
): Promise<void> {
  do {
    try {
      await clock.sleep(AGAIN_AFTER_MS, gone);
    } catch {
      return; // The sleep rejects only because the leg is gone.
    }
  } while (telephony.health() === "down");
}

/** Does a step that must be done while the scope lasts, however long Asterisk does not answer. */
export async function insist<Value>(
  scope: Scope,
  step: () => Promise<Value>,
  { log }: Pick<Deps, "log">,
): Promise<Value> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!hasCode(error, "telephony_down")) throw error;
      log.warn({ err: error }, "Asterisk did not answer; it is asked again");
    }
    await scope.sleep(AGAIN_AFTER_MS);
  }
}
