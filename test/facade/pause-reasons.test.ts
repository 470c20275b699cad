import { afterEach, expect, it } from "vitest";
import { centreSchema } from "../../src/domain/centre.ts";
import { agentChangedSchema } from "../../src/facade/contract/agent.ts";
import { centre } from "./centre.ts";
import { type Harness, startHarness } from "./harness.ts";

let harness: Harness;
afterEach(() => harness.stop());

async function pause(...pauseReasons: readonly string[]) {
  harness = await startHarness({ centre: centreSchema.parse({ ...centre, pauseReasons }) });
  return async (query: string) => {
    const path = `/api/agents/AGT-001/status?${query}`;
    const response = await harness.request("PATCH", path, { as: "agent", agent: "AGT-001" });
    const body: unknown = await response.json();
    return response.status === 200 ? agentChangedSchema.parse(body).agent.reason : body;
  };
}

it("takes only the reasons for a break that the centre names, and tells them", async () => {
  const take = await pause("lunch", "prayer");
  expect(await take("status=on_break&reason=lunch")).toBe("lunch");
  for (const query of ["status=on_break&reason=tea", "status=on_break", "status=busy"]) {
    expect(await take(query)).toMatchObject({
      status: 400,
      faults: ["reason: must be one of lunch, prayer"],
    });
  }
  expect((await harness.deps.desk.agents())[0]?.presence).toMatchObject({ reason: "lunch" });
});

it("takes any reason where the centre names none", async () => {
  const take = await pause();
  expect(await take("status=on_break&reason=tea")).toBe("tea");
  expect(await take("status=on_break")).toBe("break");
  expect(await take("status=busy")).toBe("busy");
});
