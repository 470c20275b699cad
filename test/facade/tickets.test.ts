import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ticketActivityListSchema,
  ticketBulkSchema,
  ticketDetailSchema,
  ticketListSchema,
  ticketSavedSchema,
} from "../../src/facade/contract/ticket.ts";
import type { BoardEvent } from "../../src/ports/board.ts";
import { type Harness, type RequestOptions, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

let harness: Harness;
const told: BoardEvent[] = [];
beforeAll(async () => {
  harness = await startHarness();
  harness.deps.board.subscribe((event) => told.push(event));
  await new Story(harness, "CALL-00000001").until("ended");
  await new Story(harness, "CALL-00000002").until("queued");
});
afterAll(() => harness.stop());

async function ask(method: string, path: string, options: RequestOptions = {}) {
  const response = await harness.request(method, path, { as: "supervisor", ...options });
  return { status: response.status, body: (await response.json()) as unknown };
}
async function open(about: object = {}): Promise<string> {
  const body = { customer_name: "Asha", customer_phone: "0711000002", subject: "S", ...about };
  const { status, body: answer } = await ask("POST", "/api/tickets", { body });
  expect(status).toBe(200);
  return ticketSavedSchema.parse(answer).ticket_id;
}
const shown = async (id: string) =>
  ticketDetailSchema.parse((await ask("GET", `/api/tickets/${id}`)).body);
async function list(query: string) {
  const { status, body } = await ask("GET", `/api/tickets?${query}`);
  expect(status).toBe(200);
  const { tickets, next_cursor } = ticketListSchema.parse(body);
  return { ids: tickets.map(({ ticket_id }) => ticket_id), next_cursor };
}
async function faults(method: string, path: string, body?: unknown) {
  const answer = await ask(method, path, body === undefined ? {} : { body });
  expect(answer.status).toBe(400);
  return (answer.body as { faults: string[] }).faults;
}

describe("a ticket", () => {
  it("is due, tagged and about several calls, in a query string as well as in a body", async () => {
    const due = "2026-11-21T08:00:00.000Z";
    const query = new URLSearchParams({
      customer_name: "Asha",
      customer_phone: "0711000002",
      subject: "Refund",
      call_id: "CALL-00000001",
      tags: "VIP, عاجل,vip",
      due_at: "2026-11-21T11:00:00+03:00",
    });
    const opened = await ask("POST", `/api/tickets?${query.toString()}`);
    const { ticket_id, ticket } = ticketSavedSchema.parse(opened.body);
    expect(ticket).toMatchObject({
      customer_phone: "+254711000002",
      tags: ["vip", "عاجل"],
      due_at: due,
      linked_calls: ["CALL-00000001"],
      resolved_at: null,
    });
    const link = (call_id: string) =>
      ask("POST", `/api/tickets/${ticket_id}/calls`, { body: { call_id } });
    for (const call of ["CALL-00000002", "CALL-00000002", "CALL-00000001"]) {
      expect((await link(call)).status).toBe(200);
    }
    expect((await shown(ticket_id)).linked_calls).toEqual(["CALL-00000001", "CALL-00000002"]);
    expect((await list("call_id=CALL-00000002")).ids).toEqual([ticket_id]);
    expect(await link("CALL-NONE")).toMatchObject({
      status: 400,
      body: { faults: ["call_id: there is no such call"] },
    });
    const cleared = { due_at: "", tags: [] };
    await ask("PATCH", `/api/tickets/${ticket_id}`, { body: cleared });
    expect(await shown(ticket_id)).toMatchObject({ due_at: null, tags: [] });
  });

  it("has notes that are private unless they are said to be public", async () => {
    const id = await open();
    told.length = 0;
    const path = `/api/tickets/${id}`;
    await ask("PATCH", `${path}?notes=Called%20back`);
    await ask("PATCH", `${path}?notes=Sent&note_visibility=public`);
    const added = await ask("POST", `${path}/notes`, { body: { text: "نص 🙂\nline two" } });
    expect(added.status).toBe(201);
    await ask("POST", `${path}/notes`, { body: { text: "Paid", visibility: "public" } });
    expect((await shown(id)).notes).toMatchObject([
      { text: "Called back", visibility: "private", by: "a-supervisor" },
      { text: "Sent", visibility: "public" },
      { text: "نص 🙂\nline two", visibility: "private" },
      { text: "Paid", visibility: "public" },
    ]);
    expect(told.filter(({ type }) => type === "ticket")).toHaveLength(4);
    expect(await faults("PATCH", `${path}?note_visibility=public&status=closed`)).toEqual([
      "note_visibility: is of no use without notes",
    ]);
  });

  it("says who changed what, from what to what and when, and since when it is done", async () => {
    const id = await open({ priority: "low" });
    harness.now += 60_000;
    const at = new Date(harness.now).toISOString();
    await ask("PATCH", `/api/tickets/${id}`, {
      as: "admin",
      body: { status: "resolved", priority: "low", assigned_to: "AGT-001", add_tags: ["a"] },
    });
    const ticket = await shown(id);
    expect(ticket).toMatchObject({ resolved_at: at, closed_at: null });
    const by = { at, by: "a-admin" };
    expect(ticket.activity).toEqual([
      { seq: 4, ...by, field: "tags", from: [], to: ["a"] },
      { seq: 3, ...by, field: "assigned_to", from: null, to: "AGT-001" },
      { seq: 2, ...by, field: "status", from: "open", to: "resolved" },
      expect.objectContaining({ seq: 1, by: "a-supervisor", from: null, to: "open" }),
    ]);
    await ask("PATCH", `/api/tickets/${id}?status=open&due_at=2026-12-01T00:00:00Z`);
    const page = async (query: string) =>
      ticketActivityListSchema.parse(
        (await ask("GET", `/api/tickets/${id}/activity?${query}`)).body,
      );
    const first = await page("limit=2");
    expect(first.activity).toMatchObject([
      { field: "due_at", from: null, to: "2026-12-01T00:00:00.000Z" },
      { field: "status", from: "resolved", to: "open" },
    ]);
    const rest = await page(`limit=50&cursor=${first.next_cursor}`);
    expect(rest.activity.map(({ seq }) => seq)).toEqual([4, 3, 2, 1]);
    expect(rest.next_cursor).toBeNull();
    expect((await ask("GET", "/api/tickets/TKT-NONE/activity")).status).toBe(404);
  });
});

describe("the list of tickets", () => {
  it("is filtered by what a ticket says", async () => {
    const first = await open({ tags: ["round"], assigned_to: "AGT-002", customer_phone: "1003" });
    harness.now += 1_000;
    const due_at = new Date(harness.now + 1_000).toISOString();
    const second = await open({ tags: ["round"], due_at });
    const third = await open({ tags: ["round"], due_at });
    await ask("PATCH", `/api/tickets/${third}?status=resolved`);
    const found = async (query: string) => (await list(`tag=round&${query}`)).ids;
    expect(await found("")).toEqual([third, second, first]);
    expect(await found("assigned_to=AGT-002")).toEqual([first]);
    expect(await found("assigned_to=")).toEqual([third, second]);
    expect(await found("customer_phone=1003")).toEqual([first]);
    expect(await found("customer_phone=%2B254%20711%20000002")).toEqual([third, second]);
    expect(await found(`created_from=${new Date(harness.now).toISOString()}`)).toEqual([
      third,
      second,
    ]);
    expect(await found("updated_to=2026-11-20T08:00:00Z")).toEqual([]);
    expect(await found("overdue=true")).toEqual([]);
    harness.now += 2_000;
    expect(await found("overdue=true")).toEqual([second]);
    expect(await found("overdue=false")).toEqual([third, first]);
  });

  it("is sorted, and goes on where a page ended, though tickets are opened meanwhile", async () => {
    const priorities = ["high", "low", "urgent", "medium", "high"];
    const made: string[] = [];
    for (const priority of priorities) made.push(await open({ tags: ["pages"], priority }));
    const at = (index: number) => made[index] ?? "";
    const query = "tag=pages&sort=-priority&limit=2";
    const first = await list(query);
    expect(first.ids).toEqual([at(2), at(4)]);
    await open({ tags: ["pages"], priority: "urgent" });
    const second = await list(`${query}&cursor=${first.next_cursor}`);
    expect(second.ids).toEqual([at(0), at(3)]);
    const third = await list(`${query}&cursor=${second.next_cursor}`);
    expect(third).toEqual({ ids: [at(1)], next_cursor: null });
    expect((await list("tag=pages&sort=created_at")).ids.slice(0, 5)).toEqual(made);
    const elsewhere = `/api/tickets?sort=due_at&cursor=${first.next_cursor}`;
    for (const path of [elsewhere, "/api/tickets?cursor=AAAA", "/api/tickets?cursor=e30"]) {
      expect(await faults("GET", path)).toEqual([expect.stringMatching(/^cursor: /)]);
    }
  });
});

describe("several tickets at once", () => {
  it("are changed each wholly, and each that is not is told by its id", async () => {
    const [one, two] = [await open({ tags: ["x"] }), await open()];
    const tags = Array.from({ length: 20 }, (_, index) => `t${index}`);
    const full = await open({ tags });
    told.length = 0;
    const { status, body } = await ask("POST", "/api/tickets/bulk", {
      body: {
        ids: [one, two, full, "TKT-NONE", one],
        status: "closed",
        add_tags: ["y"],
        notes: "Closed together",
        note_visibility: "public",
      },
    });
    expect(status).toBe(200);
    const answer = ticketBulkSchema.parse(body);
    expect(answer.success).toBe(false);
    expect(answer.tickets).toMatchObject([
      { ticket_id: one, status: "closed", tags: ["x", "y"] },
      { ticket_id: two, status: "closed", tags: ["y"] },
    ]);
    expect(answer.tickets[0]?.notes).toHaveLength(1);
    expect(answer.faults).toMatchObject([
      { ticket_id: full, code: "conflict", detail: `${full} would have more than 20 tags` },
      { ticket_id: "TKT-NONE", code: "not_found" },
    ]);
    expect(await shown(full)).toMatchObject({ status: "open", notes: [] });
    expect(told).toHaveLength(2);
    const query = await ask("POST", `/api/tickets/bulk?ids=${one},${two}&priority=urgent`);
    expect(ticketBulkSchema.parse(query.body)).toMatchObject({ success: true, faults: [] });
  });

  it("are left alone when what is asked for cannot be", async () => {
    const id = await open();
    const bulk = (body: unknown) => faults("POST", "/api/tickets/bulk", body);
    expect(await bulk({ ids: [id], department: "plumbing" })).toHaveLength(1);
    expect(await bulk({ ids: [], status: "closed" })).toHaveLength(1);
    expect(await bulk({ ids: [id] })).toEqual([expect.stringContaining("name at least one of")]);
    const many = Array.from({ length: 101 }, (_, index) => `TKT-${index}`);
    expect(await bulk({ ids: many, status: "closed" })).toHaveLength(1);
    expect(await bulk({ ids: [{ $gt: "" }], status: "closed" })).toHaveLength(1);
    expect((await shown(id)).updated_at).toBe(new Date(harness.now).toISOString());
    expect(await shown(id)).toMatchObject({ status: "open" });
  });
});

describe("bad input to tickets", () => {
  it("is named by its field and stores nothing", async () => {
    const id = await open({ tags: ["kept"] });
    const path = `/api/tickets/${id}`;
    for (const [field, value] of [
      ["tags", ["a", 1]],
      ["tags", "x".repeat(41)],
      ["tags", ["a\u202egip"]],
      ["tags", { $gt: "" }],
      ["tags", Array.from({ length: 21 }, (_, index) => `t${index}`)],
      ["due_at", "tomorrow"],
      ["due_at", 1e300],
      ["due_at", { $gt: "" }],
      ["status", { $gt: "" }],
      ["assigned_to", { $gt: "" }],
      ["notes", "x".repeat(5_001)],
      ["notes", "a\u0000b"],
      ["note_visibility", "secret"],
      ["colour", "red"],
    ] as const) {
      const [fault, ...others] = await faults("PATCH", path, { notes: "n", [field]: value });
      expect(fault).toMatch(new RegExp(`^${field}`));
      expect(others).toEqual([]);
    }
    for (const query of [
      "overdue=maybe",
      "sort=subject",
      "tag=",
      "limit=501",
      "assigned_to=AGT-001&assigned_to=AGT-002",
      "created_from=2026-02-30T00:00:00Z",
      "created_from=2026-01-02T00:00:00Z&created_to=2026-01-02T00:00:00Z",
    ]) {
      expect(await faults("GET", `/api/tickets?${query}`), query).toHaveLength(1);
    }
    const huge = { text: "x".repeat(1_000_000) };
    expect((await ask("POST", `${path}/notes`, { body: huge })).status).toBe(413);
    expect(await shown(id)).toMatchObject({ tags: ["kept"], notes: [], status: "open" });
  });

  it("is taken as plain text where it is text", async () => {
    const texts = ["\u202Etroppus 🙂 أمل", '{"$gt":""}', "'; DROP TABLE tickets; --", "\ud800"];
    for (const text of texts) {
      const id = await open({ subject: text, customer_name: text, tags: ["a"] });
      await ask("POST", `/api/tickets/${id}/notes`, { body: { text } });
      expect(await shown(id)).toMatchObject({ subject: text.toWellFormed() });
      expect((await list(`tag=${encodeURIComponent("'; --")}`)).ids).toEqual([]);
    }
  });
});
