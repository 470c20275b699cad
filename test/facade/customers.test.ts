import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../../src/domain/user.ts";
import { customerDetailSchema, customerListSchema } from "../../src/facade/contract/customer.ts";
import { type Harness, nowAtStart, startHarness } from "./harness.ts";
import { Story, wholeCall } from "./story.ts";

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
async function send(
  method: string,
  path: string,
  body: unknown,
  { as = "agent", headers = {} }: { as?: Role; headers?: Record<string, string> } = {},
) {
  const agent = as === "agent" ? { agent: "AGT-001" } : {};
  const response = await harness.request(method, path, { as, ...agent, body, headers });
  return {
    status: response.status,
    etag: response.headers.get("etag"),
    body: (await response.json()) as Record<string, unknown>,
  };
}
async function get(id: string) {
  const response = await harness.request("GET", `/api/customers/${id}`, { as: "viewer" });
  expect(response.status).toBe(200);
  const etag = response.headers.get("etag") ?? "";
  return { etag, ...customerDetailSchema.parse(await response.json()) };
}
const idOf = async (phone: string) => {
  const customer = await harness.deps.store.customers.byPhone(phone);
  return customer?.id ?? "";
};

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
      "+254 (0) 722 000 002",
      "\u202A+254\u00A0722\u2011000\u2011002\u202C",
      "٠٧٢٢٠٠٠٠٠٢",
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

  it("are sorted by name or time, in pages whose cursor is for that list alone", async () => {
    expect(await names("?sort=name")).toEqual(["Achieng' Otieno", "John Doe", "أمل"]);
    expect(await names("?sort=name&order=desc")).toEqual(["أمل", "John Doe", "Achieng' Otieno"]);
    expect(await names("?order=asc")).toEqual(["John Doe", "Achieng' Otieno", "أمل"]);
    const seen: string[] = [];
    for (let cursor = ""; ; ) {
      const page = await list(`?sort=name&limit=1${cursor}`);
      seen.push(...page.customers.map(({ name }) => name));
      if (page.next_cursor === null) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(seen).toEqual(["Achieng' Otieno", "John Doe", "أمل"]);
    const { next_cursor } = await list("?sort=name&limit=1");
    for (const query of [
      `?cursor=${next_cursor}`,
      "?cursor=CUST-001",
      "?cursor=eyIkZ3QiOiIifQ",
      "?sort=phone",
      "?order=up",
      "?limit=0",
      "?q=",
      "?q[$gt]=",
    ]) {
      const response = await harness.request("GET", `/api/customers${query}`, { as: "viewer" });
      expect([query, response.status]).toEqual([query, 400]);
    }
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

  it("have notes, tags, an e-mail address, further fields and numbers, and lose them again", async () => {
    const id = await idOf(john);
    const change = {
      phone_numbers: ["0711 000 001", "0711-000-009"],
      email: "john@example.com",
      notes: "Calls on Fridays.\n\u202Bأمل\u202C",
      tags: ["VIP", "abroad", "vip"],
      fields: { plan: "gold" },
    };
    const changed = await send("PATCH", `/api/customers/${id}`, change);
    expect(changed).toMatchObject({ status: 200, body: { success: true, customer_id: id } });
    const customer = await get(id);
    expect(customer).toMatchObject({
      ...change,
      name: "John Doe",
      phone_number: john,
      phone_numbers: [john, "+254711000009"],
      tags: ["abroad", "vip"],
      legal_hold: null,
    });
    expect(await names("?q=0711000009")).toEqual(["John Doe"]);
    const query = "email=&notes=&tags=one,Two&phone_numbers=0711000001";
    await send("PATCH", `/api/customers/${id}?${query}`, { fields: {} });
    expect(await get(id)).toMatchObject({
      phone_numbers: [john],
      email: null,
      notes: "",
      tags: ["one", "two"],
      fields: {},
    });
    const taken = await send("PATCH", `/api/customers/${id}`, { phone_numbers: ["0722000002"] });
    expect(taken).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect(taken.body["detail"]).toContain(await idOf("+254722000002"));
  });

  it("are left alone by a change of what somebody else has changed since", async () => {
    const id = await idOf(john);
    const { etag } = await get(id);
    expect(etag).toMatch(/^"\d+"$/);
    const change = (name: string, tag: string) =>
      send("PATCH", `/api/customers/${id}`, { name }, { headers: { "If-Match": tag } });
    const first = await change("John D.", etag);
    expect(first.status).toBe(200);
    expect(first.etag).not.toBe(etag);
    for (const stale of [etag, `W/${first.etag}`, '"none"'])
      expect(await change("Jane", stale)).toMatchObject({
        status: 412,
        body: { code: "precondition_failed" },
      });
    expect(await change("Jane", "3")).toMatchObject({ status: 400 });
    expect((await get(id)).name).toBe("John D.");
    expect((await get(id)).etag).toBe(first.etag);
    expect((await change("John", `"0", ${first.etag}`)).status).toBe(200);
    expect((await change("John Doe", "*")).status).toBe(200);
  });

  it("are put under a legal hold by admins, with the reason", async () => {
    const id = await idOf(john);
    const hold = { legal_hold: { reason: "Case 12/2026" } };
    expect((await send("PATCH", `/api/customers/${id}`, hold)).status).toBe(403);
    expect((await get(id)).legal_hold).toBeNull();
    const held = await send("PATCH", `/api/customers/${id}`, hold, { as: "admin" });
    expect(held.status).toBe(200);
    expect((await get(id)).legal_hold).toMatchObject({ reason: "Case 12/2026", by: "a-admin" });
    await send("PATCH", `/api/customers/${id}`, { legal_hold: null }, { as: "admin" });
    expect((await get(id)).legal_hold).toBeNull();
  });

  it("are made one: numbers, calls and tickets are found under the one who stays", async () => {
    const [stays, other] = [await idOf(john), await idOf("+254722000002")];
    const merge = () =>
      send("POST", `/api/customers/${stays}/merge`, { other }, { as: "supervisor" });
    await send("POST", "/api/tickets", {
      customer_name: "Achieng'",
      customer_phone: "+254722000002",
      subject: "Lost card",
    });
    const facts = wholeCall.map((fact) =>
      fact.type === "started" ? { ...fact, caller: "+254722000002" } : fact,
    );
    harness.now += 1_000;
    await new Story(harness, "CALL-00000003", facts).until("ended");
    expect((await send("POST", `/api/customers/${stays}/merge`, { other })).status).toBe(403);
    const merged = await merge();
    expect(merged).toMatchObject({ status: 200, body: { customer_id: stays } });
    const shown = await get(other);
    expect(shown).toEqual(await get(stays));
    expect(shown).toMatchObject({
      customer_id: stays,
      name: "John Doe",
      phone_numbers: [john, "+254722000002"],
    });
    expect(shown.calls.map(({ call_id }) => call_id)).toEqual([
      "CALL-00000003",
      "CALL-00000002",
      "CALL-00000001",
    ]);
    expect(shown.tickets.map(({ subject }) => subject).sort()).toEqual(["Lost card", "Refund"]);
    expect(await names("?q=0722000002")).toEqual(["John Doe"]);
    expect(merged.etag).toBe(shown.etag);
    expect(await merge()).toEqual(merged);
    const told = harness.logged.filter(
      ({ fields }) => (fields as { audit?: string }).audit === "customer_merged",
    );
    expect(told).toMatchObject([{ fields: { object: stays, other, user: "a-supervisor" } }]);
    const merging = (path: string, body: unknown) => send("POST", path, body, { as: "admin" });
    for (const [path, body, status, field] of [
      [`/api/customers/${stays}/merge`, { other: stays }, 400, "other: must be another"],
      [`/api/customers/${stays}/merge`, {}, 400, "other: is missing"],
      [`/api/customers/${stays}/merge`, { other: { $gt: "" } }, 400, "other"],
      [`/api/customers/${stays}/merge`, { other: "CUST-999" }, 404, "other"],
      ["/api/customers/CUST-999/merge", { other: stays }, 404, "no such customer"],
    ] as const) {
      const said = await merging(path, body);
      expect([path, body, said.status]).toEqual([path, body, status]);
      expect(JSON.stringify(said.body)).toContain(field);
    }
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
      [{ phone_number: "+254744000005", name: "Neema \u202Eneema" }, "name: must not hold"],
      [{ phone_number: "+254744000005", name: "\u200B\u200F" }, "name: must hold something"],
      [{ phone_number: "App.client", name: "Neema" }, "phone_number: must be a telephone number"],
      [{ phone_number: "anonymous", name: "Neema" }, "phone_number: must be a telephone number"],
      [{ phone_number: "sip:1005@example.com", name: "N" }, "phone_number"],
      [{ phone_number: "+254", name: "Neema" }, "phone_number"],
      [{ phone_number: "+254744000005", name: "N", email: "at home" }, "email: must be"],
      [{ phone_number: "+254744000005", name: "N", tags: Array(21).fill("t") }, "tags"],
      [{ phone_number: "+254744000005", name: "N", tags: [{ $gt: "" }] }, "tags.0"],
      [{ phone_number: "+254744000005", name: "N", notes: "x".repeat(5_001) }, "notes"],
      [{ phone_number: "+254744000005", name: "N", fields: { $where: "1" } }, "fields.$where"],
      [{ phone_number: "+254744000005", name: "N", fields: { "a.b": "1" } }, "fields.a.b"],
      [{ phone_number: "+254744000005", name: "N", fields: { a: { $gt: "" } } }, "fields.a"],
      [{ phone_number: "+254744000005", name: "N", legal_hold: null }, "legal_hold"],
    ] as const) {
      const said = await send("POST", "/api/customers", body);
      expect([body, said.status]).toEqual([body, 400]);
      expect(JSON.stringify(said.body)).toContain(field);
    }
    const [{ customer_id: known } = { customer_id: "" }] = before.customers;
    for (const [body, field] of [
      [{}, "name at least one of"],
      [{ name: "" }, "name"],
      [{ phone_numbers: [] }, "phone_numbers: must hold at least one"],
      [{ phone_numbers: ["0711000001", "1001"] }, "phone_numbers.1"],
      [{ phone_numbers: { $gt: "" } }, "phone_numbers"],
      [{ version: 7 }, "version: is not a parameter"],
    ] as const) {
      const said = await send("PATCH", `/api/customers/${known}`, body);
      expect([body, said.status]).toEqual([body, 400]);
      expect(JSON.stringify(said.body)).toContain(field);
    }
    expect(await list("?limit=500")).toEqual(before);
    const viewer = await harness.request("POST", "/api/customers", { as: "viewer", body: {} });
    expect(viewer.status).toBe(403);
  });
});
