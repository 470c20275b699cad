import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asAgentId, asQueueName } from "../../src/domain/ids.ts";
import { type Harness, nowAtStart, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  for (const extension of ["1001", "1002", "1003"])
    await harness.deps.desk.setDevice(extension, "idle", nowAtStart);
});
afterAll(() => harness.stop());

type As = Parameters<Harness["request"]>[2];
const supervisor: As = { as: "supervisor" };
async function ask(path: string, options: As = supervisor) {
  const response = await harness.request("POST", `/api/calls/${path}`, options);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
let count = 0;
/** A call that has come so far. */
async function call(until: "menu_entered" | "queued" | "connected" | "ended"): Promise<string> {
  count += 1;
  const id = `CALL-0000010${count}`;
  await new Story(harness, id).until(until);
  return id;
}
const lastOrder = () => harness.orders.at(-1);

describe("a live call", () => {
  it("is put into a department's queue", async () => {
    const id = await call("queued");
    const { status, body } = await ask(`${id}/route?department=complaints`);
    expect([status, body]).toEqual([
      202,
      { success: true, call_id: id, department: "complaints", agent_id: null },
    ]);
    expect(lastOrder()).toEqual({
      call: id,
      order: {
        do: "move",
        how: "routed",
        queue: "complaints",
        agent: null,
        by: "a-supervisor",
      },
    });
  });

  it("is sent to an agent of a department, to an agent alone, or to a department, by JSON or in the address", async () => {
    const id = await call("connected");
    const both = await ask(`${id}/transfer?target_department=complaints&agent_id=AGT-003`);
    expect(both).toMatchObject({
      status: 202,
      body: { department: "complaints", agent_id: "AGT-003" },
    });
    expect(lastOrder()?.order).toMatchObject({ how: "transferred", agent: "AGT-003" });
    const alone = await ask(`${id}/transfer`, { ...supervisor, body: { agent_id: "AGT-002" } });
    expect(alone.body).toMatchObject({ department: "support", agent_id: "AGT-002" });
    const queue = { ...supervisor, body: { target_department: "complaints" } };
    // The body wins.
    const department = await ask(`${id}/transfer?target_department=support`, queue);
    expect(department.body).toMatchObject({ department: "complaints", agent_id: null });
  });

  it("is hung up", async () => {
    const id = await call("connected");
    expect(await ask(`${id}/end`)).toMatchObject({ status: 202, body: { call_id: id } });
    expect(lastOrder()).toMatchObject({ call: id, order: { do: "end", by: "a-supervisor" } });
  });

  it("comes to another status only where somebody can bring it there", async () => {
    const id = await call("connected");
    const before = harness.orders.length;
    expect((await ask(`${id}/status?status=in_progress`)).status).toBe(202);
    expect((await ask(`${id}/status?status=in-progress`)).status).toBe(202);
    const ringing = await ask(`${id}/status?status=ringing`);
    expect(ringing).toMatchObject({ status: 409, body: { code: "illegal_transition" } });
    expect(ringing.body["detail"]).toContain("in_progress cannot be made ringing");
    expect(harness.orders).toHaveLength(before);
    expect((await ask(`${id}/status?status=queued`)).status).toBe(202);
    expect(lastOrder()?.order).toMatchObject({ do: "move", queue: "support" });
    expect((await ask(`${id}/status?status=completed`)).status).toBe(202);
    expect(lastOrder()?.order).toMatchObject({ do: "end" });
  });

  it("is controlled by the agent who is in it, and by no other", async () => {
    const id = await call("connected");
    const hers = { as: "agent", agent: "AGT-001" } as const;
    const other = { as: "agent", agent: "AGT-002" } as const;
    for (const what of ["end", "route?department=complaints", "status?status=ended"]) {
      expect(await ask(`${id}/${what}`, other)).toMatchObject({
        status: 403,
        body: { code: "not_allowed" },
      });
      expect((await ask(`${id}/${what}`, hers)).status).toBe(202);
    }
    expect((await ask(`${id}/end`, { as: "viewer" })).status).toBe(403);
  });

  it("is listed as active", async () => {
    const id = await call("queued");
    const over = await call("ended");
    const response = await harness.request("GET", "/api/calls/active", { as: "viewer" });
    const { calls } = (await response.json()) as { calls: { call_id: string }[] };
    const ids = calls.map((each) => each.call_id);
    expect(ids).toContain(id);
    expect(ids).not.toContain(over);
  });
});

describe("what cannot be done to a call", () => {
  it("is told with the reason, and nothing is asked of the call", async () => {
    const id = await call("queued");
    const over = await call("ended");
    await harness.deps.desk.setDevice("1003", "busy", nowAtStart);
    const before = harness.orders.length;
    const cases: [path: string, status: number, code: string, words: string][] = [
      [`${over}/end`, 409, "call_gone", "has ended"],
      ["CALL-NONE/end", 404, "not_found", "no such call"],
      [`${id}/route?department=nowhere`, 400, "bad_request", "must be one of support, complaints"],
      [`${id}/route`, 400, "bad_request", "department: is missing"],
      [`${id}/route?department=support`, 409, "illegal_transition", "waits in support already"],
      [`${id}/transfer`, 400, "bad_request", "name target_department, agent_id or both"],
      [`${id}/transfer?agent_id=AGT-999`, 400, "bad_request", "agent_id: there is no such agent"],
      [`${id}/transfer?agent_id=AGT-003`, 409, "agent_busy", "on the telephone 1003"],
      [`${id}/status?status=nonsense`, 400, "bad_request", "status:"],
      [`${id}/end?force=true`, 400, "bad_request", "force: is not a parameter"],
    ];
    for (const [path, status, code, words] of cases) {
      const said = await ask(path);
      expect([path, said.status, said.body["code"]]).toEqual([path, status, code]);
      expect(JSON.stringify(said.body), path).toContain(words);
    }
    for (const body of [
      { department: { $gt: "" } },
      { department: ["support"] },
      { department: "x".repeat(90_000) },
      { department: "\u202Etroppus" },
    ])
      expect((await ask(`${id}/route`, { ...supervisor, body })).status).toBe(400);
    expect(harness.orders).toHaveLength(before);
  });

  it("is told of a department that is closed, and of an agent who has the call", async () => {
    const id = await call("connected");
    await harness.deps.desk.setClosing({
      queue: asQueueName("complaints"),
      closed: true,
      until: null,
      reason: "",
      by: "faith",
      at: nowAtStart,
    });
    const closed = await ask(`${id}/route?department=complaints`);
    expect(closed).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect(closed.body["detail"]).toBe("complaints is closed now.");
    const hers = await ask(`${id}/transfer?agent_id=${asAgentId("AGT-001")}`);
    expect(hers).toMatchObject({ status: 409, body: { code: "agent_busy" } });
  });
});
