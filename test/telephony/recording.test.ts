import { afterEach, describe, expect, it } from "vitest";
import { startRecording } from "../../src/telephony/ari/recording.ts";
import type { AriServer, Received } from "./ari-server.ts";
import { type Owned, openContext } from "./context.ts";

const owned: Owned = [];
afterEach(async () => {
  for (const each of owned.splice(0).reverse()) await each.close();
});

const name = "CALL-0A1B2C3D/talk";
const asks = (kind: "live" | "stored") => (got: Received) =>
  got.method === "GET" && got.path.startsWith(`/recordings/${kind}/`);
const told = (type: string, at: string) => ({
  type,
  timestamp: at,
  recording: { name, format: "wav", state: "done", target_uri: "bridge:c-1" },
});

async function begun() {
  const { context, ari } = await openContext(owned);
  const gone = new AbortController();
  const start = async () => ({ ok: true, value: null }) as const;
  const recording = await startRecording(context, name, start, gone.signal);
  return { ari, recording, gone, owed: context.owed };
}

/** Asterisk has the recording for so many looks, and then a file. */
function has(ari: AriServer, looks: number): void {
  let left = looks;
  ari.onRequest = (got) => {
    if (!asks("live")(got)) return null;
    left -= 1;
    return left < 0 ? { status: 404 } : null;
  };
}

describe("a recording that was stopped", () => {
  it("has ended when Asterisk says so", async () => {
    const { ari, recording } = await begun();
    ari.send(told("RecordingStarted", "2026-01-01T10:00:00.000+0000"));
    await recording.stop();
    ari.send(told("RecordingFinished", "2026-01-01T10:00:07.000+0000"));
    expect(await recording.finished).toEqual({ durationMs: 7_000, failed: false });
    expect(ari.received.filter(asks("stored"))).toEqual([]);
  });

  it("is stopped when Asterisk answers again, if it did not when that was asked for", async () => {
    const { ari, recording, owed } = await begun();
    ari.send(told("RecordingStarted", "2026-01-01T10:00:00.000+0000"));
    const isStop = (got: Received) => got.method === "POST" && got.path.endsWith("/stop");
    ari.onRequest = (got) => (isStop(got) ? "silence" : null);
    await recording.stop();
    ari.onRequest = () => null;
    await owed.settle();
    expect(ari.received.filter(isStop)).toHaveLength(2);
    ari.send(told("RecordingFinished", "2026-01-01T10:00:07.000+0000"));
    expect(await recording.finished).toEqual({ durationMs: 7_000, failed: false });
  });

  it("has ended within a second, and lasted, when Asterisk tells nobody", async () => {
    const { ari, recording } = await begun();
    has(ari, 0);
    const since = performance.now();
    await recording.stop();
    const { durationMs, failed } = await recording.finished;
    expect([failed, durationMs > 0]).toEqual([false, true]);
    expect(performance.now() - since).toBeLessThan(1_000);
  });

  it("is waited for while Asterisk still writes it", async () => {
    const { ari, recording } = await begun();
    has(ari, 2);
    await recording.stop();
    expect((await recording.finished).failed).toBe(false);
    expect(ari.received.filter(asks("live")).length).toBe(4);
  });

  it("is asked for again when Asterisk did not answer", async () => {
    const { ari, recording, gone } = await begun();
    const silent = asks("live");
    let isFirst = true;
    ari.onRequest = (got) => {
      if (!silent(got)) return null;
      if (!isFirst) return { status: 404 };
      isFirst = false;
      return "silence";
    };
    gone.abort();
    expect((await recording.finished).failed).toBe(false);
  });
});
