import { afterEach, describe, expect, it } from "vitest";
import type { CallState } from "../../src/domain/call.ts";
import { type Centre, centreSchema } from "../../src/domain/centre.ts";
import { asAgentId, asQueueName } from "../../src/domain/ids.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { dialIn, openWorld, smallCentre, type World } from "./world.ts";

let world: World;
afterEach(async () => {
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(await world.deps.desk.snapshot()).toMatchObject({ waiting: [] });
  expect(world.log.lines.filter((line) => line.level === "error")).toEqual([]);
  await world.stop();
});

/** The small centre with something else about its queue `support`, and about its agents. */
function centreWith(support: object, agents: Readonly<Record<string, object>> = {}): Centre {
  return centreSchema.parse({
    ...smallCentre,
    queues: smallCentre.queues.map((queue) =>
      queue.name === "support" ? { ...queue, ...support } : queue,
    ),
    agents: smallCentre.agents.map((agent) => ({ ...agent, ...agents[agent.id] })),
  });
}

/** The call of this caller. */
function stateOf(caller: FakeLeg): CallState | undefined {
  return [...world.states().values()].find(({ channel }) => channel === caller.id);
}

function only(): CallState {
  const [state, ...more] = world.states().values();
  expect(more).toEqual([]);
  return state as CallState;
}

/** Phones that ring and are answered by nobody; what rang, in order. */
function ringing(...extensions: readonly string[]): string[] {
  const rang: string[] = [];
  for (const extension of extensions)
    world.telephony.plugIn(extension, () => void rang.push(extension));
  return rang;
}

describe("a queue that is closed", () => {
  it("asks whoever comes for a message, though somebody is signed in", async () => {
    const hours = { zone: "UTC", weekly: {}, dates: { "2020-01-01": ["08:00-12:00"] } };
    world = await openWorld({ centre: centreWith({ hours }) });
    const rang = ringing("1001");
    await world.signIn("AGT-001");
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(12_000);
    caller.end("normal");
    await world.clock.pass(1_000);
    expect(caller.heard).toEqual(["en:closed", "en:leave-message", "en:beep"]);
    expect(rang).toEqual([]);
    expect(world.eventsOf(only().id)).toContainEqual(
      expect.objectContaining({ type: "voicemail_started", queue: "support", why: "closed" }),
    );
    expect(await world.deps.store.tickets.list({ limit: 10 })).toMatchObject([
      { source: "voicemail", call: only().id },
    ]);
  });

  it("still serves whoever came before it closed", async () => {
    const opened = await openWorld();
    const now = new Date(opened.clock.now() + 60_000).toISOString();
    await opened.stop();
    const today = { [now.slice(0, 10)]: [`00:00-${now.slice(11, 16)}`] };
    const hours = { zone: "UTC", weekly: {}, dates: today };
    world = await openWorld({ centre: centreWith({ hours }) });
    const rang = ringing("1001");
    await world.signIn("AGT-001");
    await world.deps.desk.setPresence(asAgentId("AGT-001"), { is: "paused", reason: "" }, 0);
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(120_000);
    expect(only().stage).toBe("queued");
    await world.deps.desk.setPresence(asAgentId("AGT-001"), { is: "available" }, world.clock.now());
    await world.clock.pass(1_000);
    expect(rang).toEqual(["1001"]);
    caller.end("normal");
    await world.clock.pass(10_000);
  });
});

describe("a queue that somebody has closed", () => {
  const support = asQueueName("support");
  async function say(closed: boolean, forMs: number | null = null): Promise<void> {
    const at = world.clock.now();
    const until = forMs === null ? null : at + forMs;
    await world.deps.desk.setClosing({ queue: support, closed, until, reason: "", by: "eva", at });
  }
  /** What a caller hears first who dials now, and leaves again. */
  async function greeting(): Promise<string | undefined> {
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(4_000);
    caller.end("normal");
    await world.clock.pass(10_000);
    return caller.heard[0];
  }

  it("asks for a message until it is opened, or the time has come", async () => {
    world = await openWorld();
    await world.signIn("AGT-001");
    await world.deps.desk.setDevice("1001", "busy", world.clock.now());
    expect(await greeting()).toBe("en:please-wait");
    await say(true);
    expect(await greeting()).toBe("en:closed");
    await say(false);
    expect(await greeting()).toBe("en:please-wait");
    await say(true, 20_000);
    expect(await greeting()).toBe("en:closed");
    await world.clock.pass(6_000);
    expect(await greeting()).toBe("en:please-wait");
  });

  it("still serves those who wait", async () => {
    world = await openWorld();
    await world.signIn("AGT-001");
    await world.deps.desk.setPresence(asAgentId("AGT-001"), { is: "paused", reason: "" }, 0);
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(5_000);
    await say(true);
    const rang = ringing("1001");
    await world.signIn("AGT-001");
    await world.clock.pass(1_000);
    expect(rang).toEqual(["1001"]);
    caller.end("normal");
    await world.clock.pass(10_000);
  });
});

describe("a queue that asks for a skill", () => {
  it("waits for who has it, asks for less after a while, and says why", async () => {
    const cards = { skill: "cards", level: 4, relax: [{ afterMs: 30_000, level: 1 }] };
    const skilled = { "AGT-001": { skills: { cards: 2 } } };
    world = await openWorld({ centre: centreWith({ skills: [cards] }, skilled) });
    const rang = ringing("1001", "1002");
    await world.signIn("AGT-001", "AGT-002");
    const caller = dialIn(world, "+254711000002");
    await world.clock.pass(29_000);
    expect(rang).toEqual([]);
    await world.clock.pass(2_000);
    expect(rang).toEqual(["1001"]);
    const offered = world.eventsOf(only().id).find((event) => event.type === "offered");
    expect(offered?.type === "offered" ? offered.reasons.at(-1) : null).toBe(
      "cards was required at 1; AGT-001 has 2",
    );
    caller.end("normal");
    await world.clock.pass(10_000);
  });

  it("lets nobody wait behind a caller whom nobody there can serve, who ends where it says", async () => {
    const able = {
      "AGT-001": { speaks: { en: 3 } },
      "AGT-002": { speaks: { en: 3, sw: 3, ar: 3 } },
    };
    const support = { language: {}, maxWaitMs: 60_000, otherwise: { queue: "sales" } };
    world = await openWorld({ centre: centreWith(support, able) });
    const answered: string[] = [];
    world.telephony.plugIn("1001", (phone) => {
      answered.push("1001");
      phone.pickUp();
    });
    world.telephony.plugIn("1003", () => undefined);
    // The only one who speaks Swahili is away.
    await world.signIn("AGT-001", "AGT-003");
    const swahili = dialIn(world, "+254711000001", "22");
    await world.clock.pass(2_000);
    const english = dialIn(world, "+254711000001", "12");
    await world.clock.pass(9_000);
    expect(answered).toEqual(["1001"]);
    expect(stateOf(english)?.stage).toBe("in_progress");
    expect(stateOf(swahili)?.stage).toBe("queued");
    english.end("normal");
    await world.clock.pass(60_000);
    expect(stateOf(swahili)).toMatchObject({ stage: "ringing", queue: "sales" });
    swahili.end("normal");
    await world.clock.pass(10_000);
  });

  it("asks for the language that the caller chose", async () => {
    const speaks = {
      "AGT-002": { speaks: { sw: 4 } },
      "AGT-001": { speaks: { en: 5 } },
      "AGT-003": { queues: ["support", "sales"], speaks: { ar: 3 } },
    };
    world = await openWorld({ centre: centreWith({ language: { level: 3 } }, speaks) });
    const rang = ringing("1001", "1002");
    await world.signIn("AGT-001", "AGT-002");
    const caller = dialIn(world, "+254711000001", "22");
    await world.clock.pass(9_000);
    expect(only().language).toBe("sw");
    expect(rang).toEqual(["1002"]);
    caller.end("normal");
    await world.clock.pass(10_000);
  });
});
