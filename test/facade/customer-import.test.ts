import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Role } from "../../src/domain/user.ts";
import { customerListSchema } from "../../src/facade/contract/customer.ts";
import { type Harness, startHarness } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.stop());

const bom = "\uFEFF";
async function bring(csv: string, query = "", as: Role = "supervisor", type = "text/csv") {
  const response = await harness.request("POST", `/api/customers/import${query}`, {
    as,
    body: csv,
    headers: { "Content-Type": type },
  });
  const body = (await response.json()) as { faults?: string[]; detail?: string; code?: string };
  return { status: response.status, ...body };
}
async function kept() {
  const response = await harness.request("GET", "/api/customers?sort=name", { as: "viewer" });
  return customerListSchema.parse(await response.json()).customers;
}
async function table(query = "") {
  const response = await harness.request("GET", `/api/customers.csv${query}`, { as: "supervisor" });
  expect(response.status).toBe(200);
  // fetch takes the byte order mark away from text.
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(await response.arrayBuffer());
  return { text, headers: response.headers };
}

describe("a table of customers", () => {
  it("adds and changes customers, whoever wrote it", async () => {
    const { customers } = harness.deps.store;
    await customers.add(
      { phones: ["+254711000001"], name: "John", fields: { town: "Kisumu" } },
      harness.now,
    );
    const csv = [
      `${bom}Phone_Number,Name,email,Tags,notes,fields.plan`,
      '0711 000 001,"Doe, John",,VIP; abroad,"Line ""one""',
      'Line two",gold',
      "'+254722000002;0722000003,'=cmd|' /C calc'!A0,,,,",
      "",
      "٠٧٣٣٠٠٠٠٠٣,أمل 😀,amal@example.com,,,",
    ].join("\r\n");
    expect(await bring(csv)).toMatchObject({
      status: 200,
      dry_run: false,
      created: 2,
      updated: 1,
      unchanged: 0,
      skipped: 0,
      faults: [],
    });
    expect(await kept()).toMatchObject([
      { name: "=cmd|' /C calc'!A0", phone_numbers: ["+254722000002", "+254722000003"] },
      {
        name: "Doe, John",
        phone_number: "+254711000001",
        tags: ["abroad", "vip"],
        notes: 'Line "one"\r\nLine two',
        fields: { plan: "gold", town: "Kisumu" },
      },
      { name: "أمل 😀", phone_number: "+254733000003", email: "amal@example.com" },
    ]);
    const before = await kept();
    expect(await bring(csv)).toMatchObject({ created: 0, updated: 0, unchanged: 3 });
    expect(await kept()).toEqual(before);
    expect(JSON.stringify(harness.logged)).not.toMatch(/711000001|722000002|Doe/);
  });

  it("comes back as it went out, into the same and into another centre", async () => {
    const { customers } = harness.deps.store;
    for (const [index, name] of ["=1+1", "'quoted", "@home", "plain", "-5"].entries())
      await customers.add(
        {
          phones: [`+25471100000${index}`, `+25472200000${index}`],
          name,
          notes: 'two\nlines, "quoted"',
          tags: ["a"],
          fields: { plan: "+gold" },
        },
        harness.now,
      );
    const { text, headers } = await table();
    expect(headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(headers.get("link")).toBeNull();
    expect(text).toMatch(/^\uFEFFcustomer_id,phone_numbers,name,email,tags,notes,created_at,/);
    expect(text).toContain("'=1+1");
    const before = await kept();
    expect(await bring(text)).toMatchObject({ status: 200, unchanged: 5, updated: 0 });
    expect(await kept()).toEqual(before);
    await harness.stop();
    harness = await startHarness();
    const elsewhere = text.replaceAll(/^CUST-\d+/gm, "");
    expect(await bring(elsewhere)).toMatchObject({ status: 200, created: 5 });
    const known = ({ name, phone_numbers, notes, tags, fields }: (typeof before)[number]) => ({
      name,
      phone_numbers,
      notes,
      tags,
      fields,
    });
    expect((await kept()).map(known)).toEqual(before.map(known));
  });

  it("stores nothing while a row has a fault, and names each by its line", async () => {
    const { customers } = harness.deps.store;
    const one = await customers.ensure("+254711000001", "One", harness.now);
    const two = await customers.ensure("+254711000002", "Two", harness.now);
    const before = await kept();
    const csv = [
      "customer_id,phone_numbers,name,email,notes,fields.plan",
      ',0744000001,Neema,,"Of two',
      'lines",',
      ",1001,Ann,,,",
      ",,Nobody,,,",
      `,${"0744000002"},${"x".repeat(121)},at home,,`,
      ",0711000001;0711000002,Both,,,",
      `${two.id},0711000001,Wrong,,,`,
      "CUST-999,0744000003,Unknown,,,",
      ",0744000001,Again,,,",
      ",0744000004,Name \u202Eeman,,,",
      ",0744000005,More,,,,cells",
      ',0744000006,"{""$gt"":""""}",,,gold',
    ].join("\n");
    const said = await bring(csv);
    expect(said).toMatchObject({
      status: 400,
      code: "bad_request",
      detail: "9 of 11 rows have a fault; nothing was stored.",
    });
    const wanted = [
      "line 4: phone_numbers: 1001 is no number",
      "line 5: phone_numbers: is missing",
      "line 6: name: ",
      "line 6: email: must be",
      `line 7: phone_numbers: are those of ${one.id} and ${two.id}`,
      `line 8: customer_id: ${two.id} has none of these numbers`,
      "line 9: customer_id: CUST-999 has none",
      "line 10: +254744000001 is on line 2 already",
      "line 11: name: must not hold",
      "line 12: has more cells",
    ];
    expect(said.faults).toHaveLength(wanted.length);
    for (const [index, fault] of wanted.entries()) expect(said.faults?.[index]).toContain(fault);
    expect(await kept()).toEqual(before);
    const dry = await bring(csv, "?dry_run=true&skip_faulty=true");
    expect(dry).toMatchObject({ status: 200, dry_run: true, created: 2, skipped: 9 });
    expect(await kept()).toEqual(before);
    const skipped = await bring(csv, "?skip_faulty=true");
    expect(skipped).toMatchObject({ ...dry, dry_run: false });
    expect((await kept()).map(({ name }) => name)).toEqual(["Neema", "One", "Two", '{"$gt":""}']);
  });

  it("is refused as a whole when it is none, has other columns, or is too large", async () => {
    const before = await kept();
    const header = "phone_numbers,name";
    for (const [csv, said] of [
      ["", "The table is empty"],
      ["name\nAnn", "line 1: column phone_numbers: is missing"],
      ["phone_number,phone_numbers\n0744000001,1", "column phone_numbers: is there twice"],
      [`${header},shoe size\n0744000001,Ann,38`, "shoe size"],
      [`${header}\n0744000001,"Ann`, "line 2: a cell begins with a quote that never ends"],
      [`${header}\n0744000001,A"n"n`, "line 2: a quote stands within a cell"],
      [`${header}\n0744000001,"Ann"x`, "line 2: after the quote"],
      [`${header}\n${"0744000001,Ann\n".repeat(5_001)}`, "more than 5000 rows"],
      [`${header},fields.__proto__\n0744000001,Ann,x`, "column fields.__proto__: must be named"],
    ] as const) {
      const answer = await bring(csv);
      expect([csv.slice(0, 80), answer.status]).toEqual([csv.slice(0, 80), 400]);
      expect(JSON.stringify(answer)).toContain(said);
    }
    const rows = `${header}\n0744000001,Ann`;
    expect(await bring(rows, "", "supervisor", "application/json")).toMatchObject({ status: 415 });
    expect(await bring(rows, "?dry_run=yes")).toMatchObject({ status: 400 });
    expect(await bring(rows, "?skip=true")).toMatchObject({ status: 400 });
    expect(await bring(`${rows}\n${"x".repeat(1024 * 1024)}`)).toMatchObject({ status: 413 });
    expect(await bring(rows, "", "agent")).toMatchObject({ status: 403 });
    const latin = await harness.request("POST", "/api/customers/import", {
      as: "supervisor",
      headers: { "Content-Type": "text/csv" },
      body: `${rows}\uFFFD`,
    });
    expect(latin.status).toBe(415);
    expect(await kept()).toEqual(before);
  });

  it("has at most ten thousand rows, and says where the rest is", async () => {
    const { customers } = harness.deps.store;
    const many = Array.from({ length: 10_002 }, (_, index) => `+2547${100_000_00 + index}`);
    await Promise.all(many.map((phone) => customers.ensure(phone, "", harness.now)));
    const { text, headers } = await table("?sort=created_at&order=asc");
    expect(text.split("\r\n")).toHaveLength(1 + 10_000 + 1);
    const [, next = ""] =
      /^<\/api\/customers\.csv(.+)>; rel="next"$/.exec(headers.get("link") ?? "") ?? [];
    const rest = await table(next);
    expect(rest.text.match(/CUST-\d+/g)).toEqual(["CUST-10001", "CUST-10002"]);
    expect(rest.headers.get("link")).toBeNull();
  });

  it("is read by those in charge alone, and that is on record", async () => {
    const response = await harness.request("GET", "/api/customers.csv", { as: "agent" });
    expect(response.status).toBe(403);
    await table("?q=0711000001");
    expect(harness.logged).toContainEqual(
      expect.objectContaining({
        fields: expect.objectContaining({ audit: "customers_read", user: "a-supervisor", rows: 0 }),
      }),
    );
  });
});
