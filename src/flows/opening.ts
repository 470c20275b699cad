import type { QueueSettings } from "../domain/centre.ts";
import { openingOf } from "../domain/closing.ts";
import type { Call } from "./call.ts";

/** Whether a queue takes calls now: by its hours, unless somebody has closed it. */
export async function isOpen({ deps, scope }: Call, settings: QueueSettings): Promise<boolean> {
  const closings = await scope.wait(deps.desk.closings());
  const closing = closings.find(({ queue }) => queue === settings.name) ?? null;
  return openingOf(settings.hours, closing, deps.clock.now()).open;
}
