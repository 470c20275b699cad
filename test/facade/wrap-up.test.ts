import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Centre, centreSchema } from "../../src/domain/centre.ts";
import { asAgentId, asQueueName } from "../../src/domain/ids.ts";
import { agentChangedSchema } from "../../src/facade/contract/agent.ts";
import { callDetailSchema } from "../../src/facade/contract/call.ts";
import { wrapUpCodesSchema, wrapUpSavedSchema } from "../../src/facade/contract/wrap-up.ts";
import { centre } from "./centre.ts";
import { type Harness, type RequestOptions, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

const codes = [
  { code: "sold", title: "Sold" },
  { code: "lost", title: "Lost" },
];
const amina = { as: "agent", agent: "AGT-001" } as const;
const brian = { as: "agent", agent: "AGT-002" } as const;

/** The centre of these tests, whose queue `support` has codes. */
function centreWith(required: boolean): Centre {
  const queues = centre.queues.map((queue) =>
    queue.name === "support" ? { ...queue, wrapUpCodes: codes, wrapUpRequired: required } : queue,
  );
  return centreSchema.parse({ ...centre, queues, routing: { wrapUpMaxMs: 60_000 } });
}

let harness: Harness;
let call: Story;
let endedAt: number;
beforeEach(async () => {
  harness = await startHarness({ centre: centreWith(true) });
  call = new Story(harness, "CALL-00000001");
});
afterEach(() => harness.stop());

async function ask(method: string, path: string, options: RequestOptions = {}) {
  const response = await harness.request(method, path, { ...amina, ...options });
  return { status: response.status, body: (await response.json()) as unknown };
}

/** Amina talks in the call, as the desk and the record have it. */
async function talks(): Promise<void> {
  const { desk } = harness.deps;
  const agent = asAgentId("AGT-001");
  await desk.setPresence(agent, { is: "available" }, harness.now);
  await desk.setDevice("1001", "idle", harness.now);
  const queue = asQueueName("support");
  const entry = { call: call.id, queue, priority: 0, language: null, owner: "test" };
  await desk.join({ ...entry, enteredAt: harness.now });
  await desk.reserve(call.id, agent, harness.now + 15_000);
  await call.until("connected");
  await desk.connect(call.id, agent, harness.now);
}

/** Her conversation ends, and ten seconds of after-call work begin. */
async function hangsUp(): Promise<void> {
  endedAt = harness.now;
  await harness.deps.desk.finish(call.id, asAgentId("AGT-001"), endedAt + 10_000, endedAt);
  await call.until("ended");
}

async function wrapsUp(): Promise<void> {
  await talks();
  await hangsUp();
}

const detail = async () =>
  callDetailSchema.parse((await ask("GET", `/api/calls/${call.id}`)).body).wrap_ups;

describe("what came of a call", () => {
  it("is said by its agent, while she talks and after it, and shown with the call", async () => {
    await talks();
    const path = `/api/calls/${call.id}/wrap-up`;
    const first = await ask("POST", `${path}?code=lost`);
    expect(first.status).toBe(200);
    expect(wrapUpSavedSchema.parse(first.body).wrap_up).toMatchObject({
      agent_id: "AGT-001",
      code: "lost",
      title: "Lost",
      note: "",
      by: "a-agent",
    });
    await hangsUp();
    expect((await ask("POST", path, { body: { code: "sold", note: "Two.\nBlue." } })).status).toBe(
      200,
    );
    expect(await detail()).toMatchObject([{ code: "sold", title: "Sold", note: "Two.\nBlue." }]);
  });

  it("is one of the queue's codes, and the refusal names them", async () => {
    await talks();
    const { status, body } = await ask("POST", `/api/calls/${call.id}/wrap-up?code=maybe`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ faults: ["code: must be one of sold, lost"] });
    expect(await detail()).toEqual([]);
    expect((await ask("POST", "/api/calls/CALL-FFFFFFFF/wrap-up?code=sold")).status).toBe(404);
    const known = await ask("GET", "/api/queues/support/wrap-up-codes");
    expect(wrapUpCodesSchema.parse(known.body)).toEqual({
      queue: "support",
      required: true,
      codes,
    });
    expect((await ask("GET", "/api/queues/nobody/wrap-up-codes")).status).toBe(404);
  });

  it("is not said by another agent, nor later; by a supervisor it is", async () => {
    await wrapsUp();
    const path = `/api/calls/${call.id}/wrap-up?code=sold`;
    expect((await ask("POST", path, brian)).status).toBe(403);
    expect((await ask("POST", path, { as: "viewer" })).status).toBe(403);
    await harness.deps.desk.setPresence(asAgentId("AGT-001"), { is: "available" }, harness.now + 1);
    expect((await ask("POST", path)).status).toBe(403);
    expect((await ask("POST", path, { as: "supervisor" })).status).toBe(200);
    expect(await detail()).toMatchObject([{ agent_id: "AGT-001", by: "a-supervisor" }]);
  });

  it("is nothing where nobody has talked", async () => {
    await call.until("queued");
    const path = `/api/calls/${call.id}/wrap-up?code=sold`;
    expect(await ask("POST", path, { as: "supervisor" })).toMatchObject({
      status: 409,
      body: { code: "illegal_transition" },
    });
  });
});

describe("after-call work", () => {
  const own = "/api/agents/AGT-001/wrap-up";

  it("is extended up to what the centre allows", async () => {
    await wrapsUp();
    const until = async (seconds: number) => {
      const { status, body } = await ask("POST", `${own}/extend?seconds=${seconds}`);
      expect(status).toBe(200);
      return Date.parse(agentChangedSchema.parse(body).agent.after_call_until ?? "") - endedAt;
    };
    expect(await until(20)).toBe(30_000);
    expect(await until(3_600)).toBe(60_000);
    expect((await ask("POST", `${own}/extend?seconds=0`)).status).toBe(400);
    expect((await ask("POST", `${own}/extend`)).status).toBe(400);
    expect((await ask("POST", `${own}/extend?seconds=5`, brian)).status).toBe(403);
  });

  it("ends early only with a code where one is required", async () => {
    await wrapsUp();
    for (const [method, path] of [
      ["POST", `${own}/end`],
      ["PATCH", "/api/agents/AGT-001/status?status=available"],
    ] as const) {
      const { status, body } = await ask(method, path);
      expect([status, body]).toMatchObject([409, { code: "illegal_transition" }]);
      expect(JSON.stringify(body)).toContain("sold, lost");
    }
    await ask("POST", `/api/calls/${call.id}/wrap-up?code=sold`);
    const { status, body } = await ask("POST", `${own}/end`);
    expect(status).toBe(200);
    expect(agentChangedSchema.parse(body).agent.presence).toBe("available");
  });

  it("keeps a break and a sign-out waiting until it has ended, and so none goes round the code", async () => {
    await wrapsUp();
    const status = async (query: string) => {
      const answer = await ask("PATCH", `/api/agents/AGT-001/status?${query}`);
      expect(answer.status).toBe(200);
      return agentChangedSchema.parse(answer.body).agent;
    };
    const work = { presence: "after_call", status: "busy" };
    expect(await status("status=offline")).toMatchObject({ ...work, pending: "offline" });
    expect(await status("status=on_break&reason=lunch")).toMatchObject({
      ...work,
      pending: "paused",
    });
    expect((await ask("PATCH", "/api/agents/AGT-001/status?status=available")).status).toBe(409);
    await ask("POST", `/api/calls/${call.id}/wrap-up?code=sold`);
    const { body } = await ask("POST", `${own}/end`);
    expect(agentChangedSchema.parse(body).agent).toMatchObject({
      presence: "paused",
      reason: "lunch",
      pending: null,
    });
  });

  it("ends early without one where none is required", async () => {
    await harness.stop();
    harness = await startHarness({ centre: centreWith(false) });
    call = new Story(harness, "CALL-00000001");
    await wrapsUp();
    expect((await ask("POST", `${own}/end`)).status).toBe(200);
  });

  it("is neither extended nor ended where there is none", async () => {
    for (const what of ["extend?seconds=5", "end"]) {
      expect((await ask("POST", `${own}/${what}`)).status).toBe(409);
      const nobody = `/api/agents/AGT-999/wrap-up/${what}`;
      expect((await ask("POST", nobody, { as: "supervisor" })).status).toBe(404);
    }
  });
});
