import type { Ending } from "../domain/call-fact.ts";
import {
  type Bridge,
  type DialledLeg,
  HungUp,
  hasBroken,
  type Leg,
  type Recording,
} from "../ports/telephony.ts";
import { type Call, onceGone } from "./call.ts";
import { insist } from "./outage.ts";
import type { Deferred, Scope } from "./scope.ts";

/** A caller and whoever she talks to, in one bridge. */
export interface Conversation {
  readonly leg: DialledLeg;
  readonly bridge: Bridge;
  /** Lets the other side go, and all that the conversation needed. It is also deferred on the call's scope. */
  readonly letGo: Deferred;
}

/** The conversation, from the moment both are in the bridge until one of them hangs up. */
export async function talk(
  call: Call,
  met: Conversation,
  policy: { readonly record: boolean },
): Promise<Ending> {
  return await call.scope.child(async (scope) => {
    // From here the call lives on in Asterisk even when this process dies.
    scope.spawn("stop the dead-man's switch", () =>
      insist(scope, () => call.leg.wind(0), call.deps),
    );
    if (policy.record) scope.spawn("record", () => recordTalk(call, scope, met));
    // Deferred last, so done first: the next caller must not wait for the end of a recording.
    scope.defer("let the other side go", () => met.letGo.now());
    onceGone(met.leg, ({ at, unseen }) => {
      if (unseen) call.record.overSince(at);
    });
    await scope.wait(ended(met.leg));
    // Nobody hung up: the agent's phone or her line broke.
    if (hasBroken(met.leg)) return { result: "failed", reason: "agent_lost", by: "system" };
    return { result: "completed", reason: "talked", by: "agent" };
  });
}

/** Records the bridge until the scope is left. A conversation whose recording fails goes on. */
async function recordTalk(call: Call, scope: Scope, met: Conversation): Promise<void> {
  const { record, deps } = call;
  const name = `${record.state.id}/${met.leg.id}`;
  const starting = recordingOf(call, met, name);
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
  if (scope.signal.aborted || record.state.recording === name) return;
  record.note({ type: "recording_started", recording: name });
}

/**
 * A recording that an earlier life of the call began goes on: its file has what was said before. Whether it had begun
 * one is not asked of the record, which that life may not have come to write.
 */
async function recordingOf(
  { record, deps }: Call,
  met: Conversation,
  name: string,
): Promise<Recording> {
  if (!met.leg.again) return await met.bridge.record(name);
  const { connectedAt } = record.state;
  const since = connectedAt ?? deps.clock.now();
  const found = await deps.telephony.adoptRecording(name, since, met.bridge.id);
  return found ?? (await met.bridge.record(name));
}

/** Settles when a leg has ended; rejects when Asterisk ended, which is nobody's hangup. */
async function ended({ gone }: Leg): Promise<void> {
  if (!gone.aborted) {
    await new Promise<void>((resolve) => {
      gone.addEventListener("abort", () => resolve(), { once: true });
    });
  }
  const reason: unknown = gone.reason;
  if (reason instanceof HungUp && reason.hangupCause === "asterisk_died") throw reason;
}
