import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CallState } from "../../src/domain/call.ts";
import { centreSchema } from "../../src/domain/centre.ts";
import { surveyFaults } from "../../src/domain/survey.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { dialIn, openWorld, smallCentre, type World } from "./world.ts";

let world: World;
let phone: FakeLeg;

/** A centre whose queue support has this survey. */
function surveyed(survey: object) {
  const queues = [
    { name: "support", title: "Support", survey },
    { name: "sales", title: "Sales" },
  ];
  return centreSchema.parse({ ...smallCentre, queues });
}

async function open(survey: object = {}, missingPrompts: readonly string[] = []): Promise<void> {
  world = await openWorld({ centre: surveyed(survey), fake: { missingPrompts } });
  for (const extension of ["1001", "1003"]) {
    world.telephony.plugIn(extension, (leg) => {
      phone = leg;
      leg.pickUp();
    });
  }
  await world.signIn("AGT-001", "AGT-003");
}

beforeEach(() => open());
afterEach(async () => {
  expect(await world.telephony.inventory()).toEqual({ channels: [], bridges: [] });
  expect(await world.deps.desk.snapshot()).toMatchObject({ waiting: [] });
  expect(world.log.lines.filter((line) => line.level === "error")).toEqual([]);
  await world.stop();
});

function only(): CallState {
  const [state, ...more] = world.states().values();
  expect(more).toEqual([]);
  return state as CallState;
}
const types = () => world.eventsOf(only().id).map((event) => event.type);
/** What the caller heard since they talked. */
let before = 0;
const heard = (caller: FakeLeg) => caller.heard.slice(before);

/** A caller and an agent talk; keys pressed in the conversation lie about. Then the agent hangs up. */
async function agentHangsUp(dialled = "+254711000002", keys = ""): Promise<FakeLeg> {
  const caller = dialIn(world, dialled, keys);
  await world.clock.pass(20_000);
  expect(only().stage).toBe("in_progress");
  caller.keys.put("5");
  before = caller.heard.length;
  phone.end("normal");
  await world.clock.pass(100);
  return caller;
}
const talked = { result: "completed", reason: "talked", by: "agent" };

describe("a caller whose agent has hung up", () => {
  it("rates the conversation with a key, which may come during the prompt", async () => {
    const caller = await agentHangsUp();
    expect(heard(caller)).toEqual(["en:survey"]);
    expect(only().stage).toBe("survey");
    caller.keys.put("4");
    await world.clock.pass(10_000);
    expect(heard(caller)).toEqual(["en:survey", "en:survey-thanks"]);
    expect(only()).toMatchObject({ rating: 4, agent: "AGT-001", ending: talked });
    expect(types().slice(-3)).toEqual(["survey_started", "survey_answered", "ended"]);
    const now = world.clock.now();
    expect(await world.deps.store.calls.ratings(now - 60_000, now)).toEqual([
      { queue: "support", agent: "AGT-001", rating: 4, calls: 1 },
    ]);
  });

  it("leaves her agent to after-call work, which begins when she hung up", async () => {
    await agentHangsUp();
    const endsAt = world.clock.now() + 10_000;
    expect(await world.status("AGT-001")).toMatchObject({
      activity: { is: "none" },
      presence: { is: "after_call", until: expect.closeTo(endsAt, -3) },
    });
    await world.clock.pass(10_000);
    expect(only().stage).toBe("survey");
    expect(await world.status("AGT-001")).toMatchObject({ presence: { is: "available" } });
    await world.clock.pass(20_000);
  });

  it("is asked once more when she is silent or wrong, and then let go", async () => {
    const caller = await agentHangsUp();
    await world.clock.pass(1_000);
    caller.keys.put("9");
    await world.clock.pass(500);
    expect(heard(caller)).toEqual(["en:survey", "en:survey"]);
    await world.clock.pass(20_000);
    expect(heard(caller)).toEqual(["en:survey", "en:survey"]);
    expect(only()).toMatchObject({ stage: "ended", rating: null, ending: talked });
  });

  it.each(["normal", "failed", "released"] as const)("may leave (%s)", async (cause) => {
    const caller = await agentHangsUp();
    caller.end(cause);
    await world.clock.pass(100);
    expect(only()).toMatchObject({ stage: "ended", rating: null, ending: talked });
    await world.clock.pass(20_000);
  });

  it("is not asked in a language that the survey has not, nor in another queue", async () => {
    await agentHangsUp("+254711000001", "11");
    await world.clock.pass(100);
    expect(only()).toMatchObject({ queue: "sales", stage: "ended", ending: talked });
    await world.clock.pass(20_000);
    await world.stop();
    await open({ languages: ["sw"] });
    await agentHangsUp();
    expect(only()).toMatchObject({ stage: "ended", ending: talked });
    await world.clock.pass(20_000);
  });

  it("is not asked when a prompt is missing: she is let go", async () => {
    await world.stop();
    await open({}, ["survey"]);
    await agentHangsUp();
    expect(only()).toMatchObject({ stage: "ended", ending: talked });
    await world.clock.pass(20_000);
  });
});

it("asks nobody who hung up herself", async () => {
  const caller = dialIn(world, "+254711000002");
  await world.clock.pass(20_000);
  caller.end("normal");
  await world.clock.pass(20_000);
  expect(types()).not.toContain("survey_started");
  expect(only().ending).toMatchObject({ by: "caller" });
});

it("names the prompts that a survey lacks, in the languages that callers hear", () => {
  const prompts = new Map([
    ["en", new Set(["survey"])],
    ["sw", new Set<string>()],
  ] as const);
  const languages = ["en", "sw"] as const;
  expect(surveyFaults({ ...surveyed({}), languages: [...languages] }, prompts)).toEqual([
    "queue support: sw has no prompt survey",
  ]);
  const english = surveyed({ languages: ["en"] });
  expect(surveyFaults({ ...english, languages: [...languages] }, prompts)).toEqual([]);
});
