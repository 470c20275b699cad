import { beforeEach, describe, expect, it } from "vitest";
import { KituoError } from "../../src/domain/errors.ts";
import { BEAT_EVERY_MS, DEAD_AFTER_MS, Lease, nameOf } from "../../src/flows/lease.ts";
import type { Peer } from "../../src/ports/desk.ts";
import { VirtualClock } from "../../src/telephony/fake/clock.ts";
import { KeptLog } from "./world.ts";

/** A desk of which only the beats matter. */
class Beats {
  readonly counts = new Map<string, number>();
  away = false;
  fenced = false;

  async health(): Promise<"up" | "down"> {
    return this.away ? "down" : "up";
  }
  async peers(): Promise<readonly Peer[]> {
    return Array.from(this.counts, ([owner, beats]) => ({ owner, beats }));
  }
  async beat(owner: string): Promise<boolean> {
    if (this.fenced) throw new KituoError("fenced", "shut out");
    this.counts.set(owner, (this.counts.get(owner) ?? 0) + 1);
    return true;
  }
}

let clock: VirtualClock;
let desk: Beats;
let fencedTimes: number;
let lease: Lease;
beforeEach(() => {
  clock = new VirtualClock();
  desk = new Beats();
  fencedTimes = 0;
  lease = new Lease({
    desk,
    clock,
    log: new KeptLog(),
    owner: "a/1",
    onFenced: () => {
      fencedTimes += 1;
    },
  });
});

/** Lets so much time pass, in which we look around and `others` beat. */
async function pass(ms: number, ...others: string[]): Promise<readonly string[]> {
  let alive: ReadonlySet<string> = new Set();
  for (let passed = 0; passed < ms; passed += BEAT_EVERY_MS) {
    await clock.pass(BEAT_EVERY_MS);
    await lease.beat();
    for (const other of others) await desk.beat(other);
    alive = await lease.alive();
  }
  return [...alive].sort();
}

describe("a process's lease", () => {
  it("tells who is alive by whose count moves", async () => {
    expect(await pass(3_000, "b/1", "c/1")).toEqual(["a/1", "b/1", "c/1"]);
    expect(await pass(DEAD_AFTER_MS - BEAT_EVERY_MS, "c/1")).toEqual(["a/1", "b/1", "c/1"]);
    expect(await pass(BEAT_EVERY_MS, "c/1")).toEqual(["a/1", "c/1"]);
  });

  it("sees a process that retired or was fenced at the next look", async () => {
    await pass(1_000, "b/1");
    desk.counts.delete("b/1");
    expect(await pass(BEAT_EVERY_MS)).toEqual(["a/1"]);
  });

  it("takes nobody for dead while the desk is away, nor at once after it was", async () => {
    await pass(1_000, "b/1");
    desk.away = true;
    expect(await pass(60_000)).toEqual(["a/1", "b/1"]);
    desk.away = false;
    expect(await pass(DEAD_AFTER_MS - BEAT_EVERY_MS)).toEqual(["a/1", "b/1"]);
    expect(await pass(BEAT_EVERY_MS)).toEqual(["a/1"]);
  });

  it("takes nobody for dead because it was frozen itself", async () => {
    await pass(1_000, "b/1");
    await clock.pass(30_000);
    expect([...(await lease.alive())].sort()).toEqual(["a/1", "b/1"]);
  });

  it("lets act who has just beaten, and has a process that was frozen beat first", async () => {
    await lease.beat();
    expect(lease.mayAct()).toBe(null);
    await clock.pass(5_000);
    const allowed = lease.mayAct();
    expect(allowed).not.toBe(null);
    await allowed;
    expect(desk.counts.get("a/1")).toBe(2);
    expect(lease.mayAct()).toBe(null);
  });

  it("lets a process do nothing more that was fenced while it was frozen", async () => {
    await lease.beat();
    await clock.pass(5_000);
    desk.fenced = true;
    await expect(lease.mayAct()).rejects.toMatchObject({ code: "fenced" });
    expect(fencedTimes).toBe(1);
  });

  it("knows a process's earlier lives by its name", () => {
    expect(nameOf("host-8000/1f2e")).toBe("host-8000");
  });
});
