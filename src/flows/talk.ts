import type { Ending } from "../domain/call.ts";
import type { Call } from "./call.ts";
import type { Met } from "./offer.ts";
import type { Scope } from "./scope.ts";

/** The conversation, from the moment both are in the bridge until one of them hangs up. */
export async function talk(
  call: Call,
  met: Met,
  policy: { readonly record: boolean },
): Promise<Ending> {
  return await call.scope.child(async (scope) => {
    // From here the call lives on in Asterisk even when this process dies.
    scope.spawn("stop the dead-man's switch", () => call.leg.wind(0));
    if (policy.record) scope.spawn("record", () => recordTalk(call, scope, met));
    // Deferred last, so done first: the next caller must not wait for the end of a recording.
    scope.defer("let the agent go", () => met.letGo.now());
    await scope.wait(ended(met.leg.gone));
    return { result: "completed", reason: "talked", by: "agent" };
  });
}

/** Records the bridge until the scope is left. A conversation whose recording fails goes on. */
async function recordTalk(call: Call, scope: Scope, met: Met): Promise<void> {
  const { record, deps } = call;
  const name = `${record.state.id}/${met.leg.id}`;
  const starting = met.bridge.record(name);
  const noted = scope.defer("end the recording", async () => {
    const [started] = await Promise.allSettled([starting]);
    if (started.status === "rejected") {
      deps.log.error({ call: record.state.id, err: started.reason }, "a recording did not start");
      return;
    }
    await started.value.stop();
    const { durationMs } = await started.value.finished;
    record.note({ type: "recording_ended", recording: name, durationMs });
  });
  const [started] = await Promise.allSettled([starting]);
  if (started.status === "rejected") {
    await noted.now();
    return;
  }
  if (!scope.signal.aborted) record.note({ type: "recording_started", recording: name });
}

/** Settles when the signal aborts. */
function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
