import { isToBeCalled } from "../domain/callback.ts";
import type { CallId } from "../domain/ids.ts";
import type { Desk } from "../ports/desk.ts";
import type { Jobs } from "../ports/jobs.ts";

/**
 * Nobody is called back by this call any more, whichever process holds it. One whose telephone rings already is let
 * answer. `false` when nobody is to be called by it.
 */
export async function cancelCallback(
  call: CallId,
  { desk, jobs }: { readonly desk: Desk; readonly jobs: Pick<Jobs, "ask"> },
): Promise<boolean> {
  const live = await desk.liveCall(call);
  if (live === null || !isToBeCalled(live.state)) return false;
  await jobs.ask({ type: "callback_cancelled", call });
  return true;
}
