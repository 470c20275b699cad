import type { QueueSettings } from "../domain/centre.ts";
import { openingOf } from "../domain/closing.ts";
import type { Clock } from "../ports/clock.ts";
import type { Desk } from "../ports/desk.ts";

/** Whether a queue takes calls now: by its hours, unless somebody has closed it. */
export async function isOpen(
  { name, hours }: QueueSettings,
  { desk, clock }: { readonly desk: Pick<Desk, "closings">; readonly clock: Clock },
): Promise<boolean> {
  const closing = (await desk.closings()).find(({ queue }) => queue === name) ?? null;
  return openingOf(hours, closing, clock.now()).open;
}
