import { describe, expect, it } from "vitest";
import { KituoError } from "../../src/domain/errors.ts";
import { keepUp } from "../../src/ops/keeper.ts";
import type { Part } from "../../src/ops/part.ts";

const pid = 4_194_303;

/** An instance whose parts end when the test says so, kept on a clock of the test's own. */
function keeping() {
  let now = 0;
  const lines: string[] = [];
  const started: string[] = [];
  const waits: number[] = [];
  const faults: KituoError[] = [];
  const stopping = new AbortController();
  let notes = 0;
  let tell: (part: Part) => void = () => undefined;
  const start = (name: string) => async (): Promise<Part> => {
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    started.push(name);
    return part(name, 0);
  };
  const gaveUp = keepUp(
    {
      onEnded: (handler) => {
        tell = handler;
      },
      startServer: start("The server"),
      restartAsterisk: async () => void (await start("Asterisk")()),
      restartRedis: async () => void (await start("Redis")()),
      note: async () => {
        notes += 1;
      },
    },
    {
      report: (line) => void lines.push(line),
      signal: stopping.signal,
      now: () => now,
      wait: async (ms) => void waits.push(ms),
    },
  );
  /** A part ends after a life of so long; settles when all that follows from it has happened. */
  const dies = async (name: string, { status = 137, afterMs = 10 } = {}): Promise<void> => {
    now += afterMs;
    tell(part(name, status));
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  };
  return { dies, gaveUp, lines, started, waits, faults, stopping, notes: () => notes };
}

function part(name: string, status: number): Part {
  return {
    name,
    pid,
    log: "",
    ended: Promise.resolve(status),
    signal: () => undefined,
    stop: () => Promise.resolve(),
  };
}

describe("the keeper of an instance", () => {
  it("starts each part again that ends by itself, at once the first time, and says so", async () => {
    const { dies, started, waits, lines } = keeping();
    for (const name of ["The server", "Asterisk", "Redis"]) await dies(name);
    expect(started).toEqual(["The server", "Asterisk", "Redis"]);
    expect(waits).toEqual([0, 0, 0]);
    expect(lines.slice(0, 2)).toEqual([
      "The server ended by itself with status 137; it is started again.",
      "The server is up again.",
    ]);
  });

  it("waits longer and longer, at most five seconds, then gives up", async () => {
    const { dies, gaveUp, waits, started } = keeping();
    for (let death = 0; death < 10; death += 1) await dies("Redis");
    expect(waits).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
    expect(started.length).toBe(9);
    expect((await gaveUp).name).toBe("Redis");
  });

  it("forgets what was before a long life", async () => {
    const { dies, waits, started } = keeping();
    for (let death = 0; death < 20; death += 1) await dies("Asterisk", { afterMs: 60_000 });
    expect(started.length).toBe(20);
    expect(new Set(waits)).toEqual(new Set([0]));
  });

  it("takes a part that cannot start for one that died again", async () => {
    const { dies, faults, waits, started, lines } = keeping();
    faults.push(new KituoError("internal", "The server ended at its start.", ["its last words"]));
    await dies("The server");
    expect(started).toEqual(["The server"]);
    expect(waits).toEqual([0, 250]);
    expect(lines.slice(1)).toEqual([
      "The server ended at its start.",
      "its last words",
      "The server could not be started; it is started again in 250 ms.",
      "The server is up again.",
    ]);
  });

  it("leaves a server away that was drained, and nothing else", async () => {
    const { dies, started, lines, notes } = keeping();
    await dies("The server", { status: 0 });
    expect(started).toEqual([]);
    expect(notes()).toBe(1);
    expect(lines).toEqual([
      "The server ended in order and stays away; `kituo down` ends the rest.",
    ]);
    await dies("Redis", { status: 0 });
    expect(started).toEqual(["Redis"]);
  });

  it("starts nothing while the instance is being stopped", async () => {
    const { dies, started, stopping } = keeping();
    stopping.abort();
    await dies("Asterisk");
    expect(started).toEqual([]);
  });
});
