import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { centreSchema } from "../../src/domain/centre.ts";
import { agentChangedSchema, agentSchema } from "../../src/facade/contract/agent.ts";
import { centre } from "./centre.ts";
import { type Harness, type RequestOptions, startHarness } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  const agents = centre.agents.map((agent) =>
    agent.id === "AGT-001" ? { ...agent, skills: { cards: 2 }, speaks: { en: 3 } } : agent,
  );
  harness = await startHarness({ centre: centreSchema.parse({ ...centre, agents }) });
});
afterEach(() => harness.stop());

async function change(body: unknown, options: RequestOptions = {}) {
  const asked = { as: "supervisor", body, ...options } as const;
  const response = await harness.request("PATCH", "/api/agents/AGT-001", asked);
  return { status: response.status, body: (await response.json()) as unknown };
}
const amina = async () =>
  agentSchema.parse(
    await (await harness.request("GET", "/api/agents/AGT-001", { as: "viewer" })).json(),
  );

describe("an agent's queues and skills", () => {
  it("are those of the settings until somebody changes them, each on its own", async () => {
    expect(await amina()).toMatchObject({
      queues: ["support"],
      skills: { cards: 2 },
      speaks: { en: 3 },
    });
    const moved = await change({ queues: ["complaints", "support"] });
    expect(moved.status).toBe(200);
    expect(agentChangedSchema.parse(moved.body).agent).toEqual(await amina());
    expect(await amina()).toMatchObject({
      queues: ["complaints", "support"],
      skills: { cards: 2 },
    });
    await change({ speaks: { sw: 4 } });
    expect(await amina()).toMatchObject({ skills: { cards: 2 }, speaks: { sw: 4 } });
    await change({ skills: { loans: 5 } });
    expect((await amina()).skills).toEqual({ loans: 5 });
    expect((await amina()).speaks).toEqual({ sw: 4 });
    expect((await harness.deps.desk.agents())[0]?.skills).toEqual({ loans: 5, "speaks-sw": 4 });
    expect(harness.logged.filter(({ fields }) => "audit" in fields).at(-1)?.fields).toMatchObject({
      audit: "agent_duties",
      user: "a-supervisor",
      agent: "AGT-001",
    });
  });

  it("are refused with what is wrong, and then nothing is changed", async () => {
    const before = await amina();
    const faults = async (body: unknown) => {
      const answer = await change(body);
      expect(answer.status).toBe(400);
      return (answer.body as { faults: string[] }).faults;
    };
    expect(await faults({ queues: ["support", "nobody"] })).toEqual([
      "queues: nobody is not one of support, complaints",
    ]);
    expect(await faults({})).toEqual(["name at least one of queues, skills, speaks"]);
    expect(await faults({ skills: { cards: 6 } })).toEqual(["skills.cards: a level is 1 to 5"]);
    expect((await faults({ skills: { "No!": 1 } }))[0]).toMatch(/^skills/);
    expect((await faults({ speaks: { fr: 1 } }))[0]).toMatch(/^speaks/);
    expect(await amina()).toEqual(before);
  });

  it("are not an agent's to change, not even her own", async () => {
    expect((await change({ queues: [] }, { as: "agent", agent: "AGT-001" })).status).toBe(403);
    const nobody = { as: "admin", body: { queues: [] } } as const;
    expect((await harness.request("PATCH", "/api/agents/AGT-999", nobody)).status).toBe(404);
  });
});
