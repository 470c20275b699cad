import { expect, it } from "vitest";
import type { Agent } from "../../src/domain/agent.ts";
import type { OfferOutcome } from "../../src/domain/call-fact.ts";
import { asAgentId } from "../../src/domain/ids.ts";
import type { Desk, Released } from "../../src/ports/desk.ts";
import {
  amina,
  first,
  type OpenedDesk,
  roster,
  sales,
  second,
  support,
  t0,
  waiting,
} from "./desk-scene.ts";

/** What every desk promises of how an agent works: offers that she lets go, her after-call work, what she serves. */
export function deskWork(opened: () => OpenedDesk): void {
  async function ready(): Promise<Desk> {
    const { desk } = opened();
    await desk.enrol(roster, t0);
    await desk.setPresence(amina, { is: "available" }, t0 + 1);
    await desk.setDevice("1001", "idle", t0 + 2);
    return desk;
  }
  async function known(): Promise<Agent> {
    const agent = await opened().desk.agent(amina);
    if (agent === null) throw new Error("she is not known");
    return agent;
  }
  /** An offer of a queue that ends so. */
  async function offer(
    outcome: OfferOutcome,
    pauseAfter: number,
    { desk } = opened(),
  ): Promise<Released> {
    await desk.join(waiting());
    expect(await desk.reserve(first, amina, t0 + 15_000)).toBe("reserved");
    return await desk.release(first, amina, outcome, 0, pauseAfter);
  }

  it("pauses an agent who lets so many offers in a row go", async () => {
    await ready();
    expect(await offer("no_answer", 3)).toBe("released");
    // Neither is her doing.
    expect(await offer("busy", 3)).toBe("released");
    expect(await offer("caller_left", 3)).toBe("released");
    // Whichever process it is, or the next life of one.
    const desk = opened().other;
    expect(await offer("declined", 3, { ...opened(), desk })).toBe("released");
    expect((await known()).presence).toEqual({ is: "available" });
    expect(await offer("no_answer", 3)).toBe("paused");
    expect((await known()).presence).toEqual({ is: "paused", reason: "not answering" });
    const waits = (await opened().desk.snapshot()).waiting;
    expect(waits).toMatchObject([{ call: first, offeredTo: null, passedBy: [amina] }]);
  });

  it("counts anew when she is available again, and when she has answered", async () => {
    const desk = await ready();
    await offer("no_answer", 2);
    await desk.setPresence(amina, { is: "available" }, t0 + 10);
    expect(await offer("no_answer", 2)).toBe("released");
    await desk.reserve(first, amina, t0 + 15_000);
    await desk.connect(first, amina, t0 + 20);
    await desk.finish(first, amina, 0, t0 + 30);
    expect(await offer("declined", 2)).toBe("released");
    expect(await offer("declined", 2)).toBe("paused");
  });

  it("lets her rest to the end who says meanwhile that she is available", async () => {
    const desk = await ready();
    await desk.join(waiting());
    await desk.reserve(first, amina, t0 + 15_000);
    const resting = { is: "resting", until: t0 + 20_000 };
    expect(await desk.release(first, amina, "no_answer", t0 + 20_000)).toBe("released");
    for (const wish of [
      { is: "available" },
      { is: "paused", reason: "" },
      { is: "available" },
    ] as const)
      expect((await desk.setPresence(amina, wish, t0 + 16_000))?.reservation).toEqual(resting);
    expect(await desk.reserve(first, amina, t0 + 30_000)).toBe("agent_gone");
    expect(await desk.expire(t0 + 19_999)).toEqual([]);
    expect(await desk.expire(t0 + 20_000)).toEqual([{ agent: amina, call: null }]);
    expect(await desk.reserve(first, amina, t0 + 30_000)).toBe("reserved");
  });

  it("counts her calls, how long she talks, and when each queue offered her one last", async () => {
    const desk = await ready();
    expect((await known()).tally).toEqual({ calls: 0, talkMs: 0, offeredAt: {} });
    await desk.join(waiting());
    await desk.reserve(first, amina, t0 + 15_000);
    expect((await known()).tally).toEqual({
      calls: 0,
      talkMs: 0,
      offeredAt: { [support]: t0 + 15_000 },
    });
    await desk.connect(first, amina, t0 + 1_000);
    await desk.finish(first, amina, 0, t0 + 5_000);
    await desk.join({ ...waiting(second), queue: sales });
    await desk.reserve(second, amina, t0 + 25_000);
    await desk.release(second, amina, "declined", 0);
    // One that did not come from a queue counts for nothing.
    await desk.leave(second);
    await desk.reserveDirect(second, amina, t0 + 35_000);
    await desk.connect(second, amina, t0 + 26_000);
    await desk.finish(second, amina, 0, t0 + 28_500);
    const grown = {
      calls: 1,
      talkMs: 4_000,
      offeredAt: { [support]: t0 + 15_000, [sales]: t0 + 25_000 },
    };
    expect((await known()).tally).toMatchObject(grown);
    for (const wish of [
      { is: "paused", reason: "lunch" },
      { is: "available" },
      { is: "offline" },
      { is: "available" },
    ] as const)
      expect((await desk.setPresence(amina, wish, t0 + 40_000))?.tally).toMatchObject(grown);
    await opened().other.enrol(roster, t0 + 50_000);
    expect((await known()).tally).toMatchObject(grown);
  });

  it("pauses nobody where that is switched off, and counts no direct call", async () => {
    const desk = await ready();
    for (let offers = 0; offers < 5; offers += 1)
      expect(await offer("no_answer", 0)).toBe("released");
    await desk.setPresence(amina, { is: "available" }, t0 + 10);
    await desk.leave(first);
    await desk.reserveDirect(first, amina, t0 + 15_000);
    expect(await desk.release(first, amina, "no_answer", 0, 1)).toBe("released");
    expect((await known()).presence).toEqual({ is: "available" });
  });

  it("leaves her away who signed out while her phone rang", async () => {
    const desk = await ready();
    await desk.join(waiting());
    await desk.reserve(first, amina, t0 + 15_000);
    await desk.setPresence(amina, { is: "offline" }, t0 + 10);
    expect(await desk.release(first, amina, "no_answer", 0, 1)).toBe("released");
    expect((await known()).presence).toEqual({ is: "offline" });
  });

  it("lets after-call work last longer, up to a bound, and never shorter", async () => {
    const desk = await ready();
    expect(await desk.extendWrapUp(amina, 5_000, 60_000, t0)).toBeNull();
    await desk.join(waiting());
    await desk.reserve(first, amina, t0 + 15_000);
    await desk.connect(first, amina, t0 + 100);
    await desk.finish(first, amina, t0 + 11_000, t0 + 1_000);
    const extend = async (byMs: number, now: number, mostMs = 30_000) =>
      (await desk.extendWrapUp(amina, byMs, mostMs, t0 + now))?.presence ?? null;
    expect(await extend(5_000, 2_000)).toEqual({
      is: "after_call",
      call: first,
      until: t0 + 16_000,
    });
    expect(await desk.endWrapUp(amina, t0 + 11_000)).toBe(false);
    expect(await extend(60_000, 12_000)).toMatchObject({ until: t0 + 31_000 });
    expect(await extend(1_000, 13_000)).toMatchObject({ until: t0 + 31_000 });
    expect(await extend(1_000, 14_000, 0)).toMatchObject({ until: t0 + 31_000 });
    expect((await known()).idleSince).toBe(t0 + 1_000);
    expect(await extend(1_000, 31_000)).toBeNull();
    expect(await desk.endWrapUp(amina, t0 + 31_000)).toBe(true);
  });

  it("changes what she serves and can do, and leaves the rest as it is", async () => {
    const desk = await ready();
    const skills = { cards: 4, "speaks-sw": 5 };
    expect(await desk.setDuties(amina, { queues: [sales] }, t0 + 10)).toEqual(await known());
    expect(await known()).toMatchObject({ queues: [sales], presence: { is: "available" } });
    expect(await known()).not.toHaveProperty("skills");
    await desk.setDuties(amina, { skills }, t0 + 11);
    expect(await known()).toMatchObject({ queues: [sales], skills });
    await desk.setDuties(amina, { queues: [], skills: {} }, t0 + 12);
    expect(await known()).toMatchObject({ queues: [], skills: {} });
    expect(await desk.setDuties(asAgentId("AGT-777"), { queues: [] }, t0 + 13)).toBeNull();
  });

  it("remembers that over an enrolment that brings what the one before did, and no other", async () => {
    const desk = await ready();
    const settings = { cards: 2 };
    const enrolled = roster.map((agent) => ({ ...agent, skills: settings }));
    await desk.enrol(enrolled, t0 + 5);
    await desk.setDuties(amina, { queues: [sales], skills: { cards: 5 } }, t0 + 10);
    const moved = enrolled.map((agent) =>
      agent.id === amina ? { ...agent, extension: "1009", queues: [sales, support] } : agent,
    );
    await opened().other.enrol(moved, t0 + 20);
    expect(await known()).toMatchObject({
      extension: "1009",
      queues: [sales],
      skills: { cards: 5 },
    });
    const changed = moved.map((agent) => ({ ...agent, skills: { cards: 3 } }));
    await opened().other.enrol(changed, t0 + 30);
    expect((await known()).queues).toEqual([sales, support]);
    expect(await known()).not.toHaveProperty("skills");
  });
}
