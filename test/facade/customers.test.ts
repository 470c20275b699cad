import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { customerDetailSchema, customerListSchema } from "../../src/facade/contract/customer.ts";
import { type Harness, nowAtStart, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

const john = "+254711000001";
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  const { customers } = harness.deps.store;
  await customers.ensure(john, "John Doe", nowAtStart);
  await customers.ensure("+254722000002", "Achieng' Otieno", nowAtStart);
  await customers.ensure("+254733000003", "أمل", nowAtStart);
});
afterAll(() => harness.stop());

async function list(query: string) {
  const response = await harness.request("GET", `/api/customers${query}`, { as: "viewer" });
  expect(response.status).toBe(200);
  return customerListSchema.parse(await response.json());
}
const names = async (query: string) => (await list(query)).customers.map(({ name }) => name);
async function send(method: string, path: string, body: unknown) {
  const response = await harness.request(method, path, { as: "agent", agent: "AGT-001", body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("customers", () => {
  it("are listed, newest first, and found by a part of the name or by a number as people write it", async () => {
    expect(await names("")).toEqual(["أمل", "Achieng' Otieno", "John Doe"]);
    expect(await names("?q=DOE")).toEqual(["John Doe"]);
    expect(await names(`?q=${encodeURIComponent("مل")}`)).toEqual(["أمل"]);
    for (const number of [
      "+254 722 000 002",
      "0722 000002",
      "254722000002",
      "00254722000002",
      "22000002",
    ])
      expect([number, await names(`?q=${encodeURIComponent(number)}`)]).toEqual([
        number,
        ["Achieng' Otieno"],
      ]);
    expect(await names("?q=%25")).toEqual([]);
    const first = await list("?limit=2");
    expect(first.customers).toHaveLength(2);
    expect(await list(`?limit=2&cursor=${first.next_cursor}`)).toMatchObject({
      customers: [{ name: "John Doe" }],
      next_cursor: null,
    });
  });

  it("are shown with their calls, live ones too, and their tickets", async () => {
    await new Story(harness, "CALL-00000001").until("ended");
    await new Story(harness, "CALL-00000002").until("connected");
    await send("POST", "/api/tickets", {
      customer_name: "John Doe",
      customer_phone: john,
      subject: "Refund",
    });
    const [{ customer_id } = { customer_id: "" }] = (await list("?q=John")).customers;
    const response = await harness.request("GET", `/api/customers/${customer_id}`, {
      as: "viewer",
    });
    const customer = customerDetailSchema.parse(await response.json());
    expect(customer).toMatchObject({ customer_id, phone_number: john, name: "John Doe" });
    expect(customer.calls.map(({ call_id, status }) => [call_id, status])).toEqual([
      ["CALL-00000002", "in_progress"],
      ["CALL-00000001", "ended"],
    ]);
    expect(customer.tickets).toMatchObject([{ subject: "Refund" }]);
  });

  it("are added once for each number, and get another name", async () => {
    const added = await send("POST", "/api/customers", {
      phone_number: "0744 000 004",
      name: "Neema",
    });
    expect(added).toMatchObject({
      status: 201,
      body: { customer: { phone_number: "+254744000004", name: "Neema" } },
    });
    const again = await send("POST", "/api/customers", {
      phone_number: "+254744000004",
      name: "N.",
    });
    expect(again).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect(again.body["detail"]).toContain(String(added.body["customer_id"]));
    const changed = await send("PATCH", `/api/customers/${String(added.body["customer_id"])}`, {
      name: "😀 Neema",
    });
    expect(changed.body).toMatchObject({ customer: { name: "😀 Neema" } });
    expect((await send("PATCH", "/api/customers/CUST-999", { name: "Nobody" })).status).toBe(404);
    expect(JSON.stringify(harness.logged)).not.toContain("44000004");
  });

  it("are refused with the field that is wrong, and nothing is stored", async () => {
    const before = await list("?limit=500");
    for (const [body, field] of [
      [{ name: "Neema" }, "phone_number: is missing"],
      [{ phone_number: "1001", name: "Neema" }, "phone_number: must be a telephone number"],
      [{ phone_number: "+254744000005" }, "name: is missing"],
      [{ phone_number: "+254744000005", name: "x".repeat(90_000) }, "name"],
      [{ phone_number: "+254744000005", name: { $gt: "" } }, "name"],
      [{ phone_number: { $ne: null }, name: "Neema" }, "phone_number"],
      [{ phone_number: "+254744000005", name: "Neema", admin: true }, "admin: is not a parameter"],
    ] as const) {
      const said = await send("POST", "/api/customers", body);
      expect([body, said.status]).toEqual([body, 400]);
      expect(JSON.stringify(said.body)).toContain(field);
    }
    expect(await list("?limit=500")).toEqual(before);
    const viewer = await harness.request("POST", "/api/customers", { as: "viewer", body: {} });
    expect(viewer.status).toBe(403);
  });
});
