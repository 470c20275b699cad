import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KituoError } from "../../src/domain/errors.ts";
import { type Harness, type RequestOptions, startHarness } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

async function order(path: string, options: RequestOptions) {
  const response = await harness.request("POST", path, options);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const supervisor = { as: "supervisor" } as const;
const hers = { as: "agent", agent: "AGT-001" } as const;
const last = () => harness.originations.at(-1);

describe("a call that is ordered", () => {
  it("is answered at once with its id, at every address for it, from the query string or a body", async () => {
    const john = "/api/calls?phone_number=%2B966501234567&customer_name=John%20Doe";
    const { status, body } = await order(john, hers);
    expect(status).toBe(202);
    expect(body).toMatchObject({
      success: true,
      call_id: expect.stringMatching(/^CALL-[0-9A-F]{16}$/),
      call: { status: "initiated", phone_number: "+966501234567", customer_name: "John Doe" },
    });
    expect((body["call"] as { call_id: string }).call_id).toBe(body["call_id"]);
    expect(last()).toEqual({
      number: "+966501234567",
      name: "John Doe",
      department: null,
      agent: "AGT-001",
      tries: 1,
      by: "a-agent",
    });
    const initiated = { phone_number: "+966501234567", department: "support", retries: 2 };
    const other = await order("/api/calls/initiate", { ...supervisor, body: initiated });
    expect(other.status).toBe(202);
    expect(last()).toMatchObject({ department: "support", agent: null, tries: 3, name: "" });
  });

  it("rings the telephone of who is named; agents name nobody but themselves", async () => {
    const path = "/api/calls?phone_number=1003&agent_id=AGT-002";
    expect((await order(path, supervisor)).status).toBe(202);
    expect(last()).toMatchObject({ number: "1003", agent: "AGT-002" });
    expect(await order(path, hers)).toMatchObject({ status: 403, body: { code: "not_allowed" } });
    expect((await order(path, { as: "viewer" })).status).toBe(403);
  });

  it("is refused with the field that is wrong, and nobody is rung", async () => {
    const before = harness.originations.length;
    const cases: [body: object, field: string][] = [
      [{}, "phone_number: is missing"],
      [{ phone_number: { $gt: "" } }, "phone_number"],
      [{ phone_number: ["+254700000001", "+254700000002"] }, "phone_number"],
      [{ phone_number: "Asha" }, "phone_number"],
      [{ phone_number: "+254700000001".padEnd(90_000, "0") }, "phone_number"],
      [{ phone_number: "+254700000001", customer_name: "x".repeat(121) }, "customer_name"],
      [{ phone_number: "+254700000001", retries: 1e9 }, "retries"],
      [{ phone_number: "+254700000001", retries: "1; DROP TABLE calls" }, "retries"],
      [{ phone_number: "+254700000001", record: true }, "record: is not a parameter"],
    ];
    for (const [body, field] of cases) {
      const said = await order("/api/calls", { ...supervisor, body });
      expect([body, said.status]).toEqual([body, 400]);
      expect(JSON.stringify(said.body["faults"])).toContain(field);
    }
    expect(harness.originations).toHaveLength(before);
  });

  it("tells why it cannot be made", async () => {
    const refusing = await startHarness({
      originate: () =>
        Promise.reject(new KituoError("number_not_allowed", "None of these queues may call it.")),
    });
    const response = await refusing.request("POST", "/api/calls?phone_number=%2B4930123456", {
      ...supervisor,
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      code: "number_not_allowed",
      detail: "None of these queues may call it.",
    });
    await refusing.stop();
  });
});
