import { afterAll, beforeAll, expect, it } from "vitest";
import type { CallFact } from "../../src/domain/call-fact.ts";
import { asAgentId, asQueueName } from "../../src/domain/ids.ts";
import { callDetailSchema } from "../../src/facade/contract/call.ts";
import { surveySchema } from "../../src/facade/contract/survey.ts";
import { type Harness, nowAtStart, startHarness } from "./harness.ts";
import { Story, wholeCall } from "./story.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

async function get(path: string) {
  const response = await harness.request("GET", path, { as: "supervisor" });
  return { status: response.status, body: await response.json() };
}

const asked = { queue: asQueueName("support"), agent: asAgentId("AGT-001") };
/** A call that ends with this answer, told from its start to its end. */
async function rated(id: string, rating: number | null): Promise<void> {
  const facts: CallFact[] = [
    ...wholeCall.slice(0, -1),
    { type: "survey_started", ...asked },
    ...(rating === null ? [] : [{ type: "survey_answered" as const, ...asked, rating }]),
    { type: "ended", ending: { result: "completed", reason: "talked", by: "agent" } },
  ];
  await new Story(harness, id, facts).until("ended");
}

it("shows the rating of a call, and when she was asked", async () => {
  await rated("CALL-00000001", 4);
  const call = callDetailSchema.parse((await get("/api/calls/CALL-00000001")).body);
  expect(call.rating).toBe(4);
  expect(call.segments.slice(-2)).toMatchObject([
    { kind: "talk", outcome: "talked" },
    { kind: "survey", outcome: "answered", agent_id: "AGT-001", queue: "support" },
  ]);
  expect(call.segments.at(-2)?.ended_at).toBe(call.segments.at(-1)?.started_at);
});

it("counts the ratings of a time by queue and by agent", async () => {
  await rated("CALL-00000002", 5);
  await rated("CALL-00000003", 5);
  await rated("CALL-00000004", null);
  const counted = { answers: 3, average: 4.67, ratings: { 1: 0, 2: 0, 3: 0, 4: 1, 5: 2 } };
  expect(surveySchema.parse((await get("/api/surveys")).body)).toMatchObject({
    queues: [{ queue: "support", ...counted }],
    agents: [{ agent_id: "AGT-001", ...counted }],
  });
  const before = new Date(nowAtStart).toISOString();
  expect((await get(`/api/surveys?to=${before}`)).body).toMatchObject({ queues: [], agents: [] });
  expect((await get(`/api/surveys?from=${before}&to=${before}`)).status).toBe(400);
});
