import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asCallId } from "../../src/domain/ids.ts";
import {
  agentChangedSchema,
  agentListSchema,
  agentSchema,
} from "../../src/facade/contract/agent.ts";
import { healthSchema } from "../../src/facade/contract/session.ts";
import {
  ticketDetailSchema,
  ticketListSchema,
  ticketSavedSchema,
} from "../../src/facade/contract/ticket.ts";
import { messageSavedSchema, transcriptSchema } from "../../src/facade/contract/transcript.ts";
import type { BoardEvent } from "../../src/ports/board.ts";
import { type Harness, type RequestOptions, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

let harness: Harness;
const told: BoardEvent[] = [];
beforeAll(async () => {
  harness = await startHarness();
  harness.deps.board.subscribe((event) => told.push(event));
});
afterAll(() => harness.stop());

async function ask(method: string, path: string, options: RequestOptions = {}) {
  const response = await harness.request(method, path, { as: "supervisor", ...options });
  return { status: response.status, body: (await response.json()) as unknown };
}

describe("health", () => {
  it("is 200 while calls go on, and 503 when they cannot", async () => {
    const health = async (away: Harness["away"]) => {
      harness.away = away;
      const response = await harness.request("GET", "/health");
      return { status: response.status, body: healthSchema.parse(await response.json()) };
    };
    expect(await health({})).toMatchObject({ status: 200, body: { status: "up" } });
    expect(await health({ store: "down", journal: "behind" })).toMatchObject({
      status: 200,
      body: {
        status: "degraded",
        parts: {
          store: { state: "down", since: "2026-11-20T08:00:00.000Z" },
          journal: { state: "behind" },
          desk: { state: "up" },
        },
      },
    });
    expect(await health({ asterisk: "down" })).toMatchObject({
      status: 503,
      body: { status: "down" },
    });
    await health({});
  });
});

describe("a drain", () => {
  it("is begun by an admin, as often as he likes, and tells how many calls are left", async () => {
    const drain = async (method: string, query = "") => {
      const response = await harness.request(method, `/api/system/drain${query}`, { as: "admin" });
      return { status: response.status, body: await response.json() };
    };
    expect(await drain("GET")).toEqual({ status: 200, body: { draining: false, calls: 2 } });
    expect(await drain("POST")).toEqual({ status: 202, body: { draining: true, calls: 2 } });
    expect((await drain("POST", "?within=30")).status).toBe(202);
    expect((await drain("POST", "?within=soon")).status).toBe(400);
    expect(await drain("GET")).toEqual({ status: 200, body: { draining: true, calls: 2 } });
    expect(harness.drains).toEqual([null, 30_000]);
    expect(harness.logged.filter(({ fields }) => "audit" in fields).at(-1)?.fields).toMatchObject({
      audit: "drain",
      user: "a-admin",
    });
  });
});

describe("agents", () => {
  it("are listed with names, by status", async () => {
    const { body } = await ask("GET", "/api/agents");
    const { agents } = agentListSchema.parse(body);
    expect(agents.map(({ agent_id, name, status }) => [agent_id, name, status])).toEqual([
      ["AGT-001", "Amina Odhiambo", "offline"],
      ["AGT-002", "Brian Kiprotich", "offline"],
      ["AGT-003", "Chausiku Mwakio", "offline"],
    ]);
    expect((await ask("GET", "/api/agents?status=available")).body).toEqual({ agents: [] });
    expect(agentSchema.parse((await ask("GET", "/api/agents/AGT-002")).body).extension).toBe(
      "1002",
    );
    expect((await ask("GET", "/api/agents/AGT-999")).status).toBe(404);
  });

  it("sign in, take breaks and leave, in the query string or in a body", async () => {
    await harness.deps.desk.setDevice("1001", "idle", harness.now);
    const set = async (path: string, options: RequestOptions = {}) => {
      const { status, body } = await ask("PATCH", `/api/agents/AGT-001/status${path}`, options);
      expect(status).toBe(200);
      return agentChangedSchema.parse(body).agent;
    };
    expect(await set("?status=available")).toMatchObject({ status: "available", reason: null });
    expect(await set("", { body: { status: "on_break", reason: "lunch" } })).toMatchObject({
      status: "on_break",
      presence: "paused",
      reason: "lunch",
    });
    // The body wins over the query string.
    expect(await set("?status=available", { body: { status: "busy" } })).toMatchObject({
      status: "busy",
      presence: "paused",
    });
    expect(
      agentListSchema.parse((await ask("GET", "/api/agents?status=busy")).body).agents,
    ).toHaveLength(1);
    expect(await set("?status=offline")).toMatchObject({ status: "offline" });
    expect((await ask("PATCH", "/api/agents/AGT-999/status?status=offline")).status).toBe(404);
    expect((await ask("PATCH", "/api/agents/AGT-001/status?status=offline&reason=x")).status).toBe(
      400,
    );
  });

  it("change their own status only", async () => {
    const path = "/api/agents/AGT-002/status?status=available";
    expect((await ask("PATCH", path, { as: "agent", agent: "AGT-002" })).status).toBe(200);
    expect((await ask("PATCH", path, { as: "agent", agent: "AGT-001" })).status).toBe(403);
    expect((await ask("PATCH", path, { as: "agent" })).status).toBe(403);
  });
});

describe("tickets", () => {
  const query = new URLSearchParams({
    customer_name: "John Doe",
    customer_phone: "+254 711 000 001",
    subject: "Late delivery",
    description: "Ordered on Monday.\nNot here.",
    priority: "high",
    department: "complaints",
  });

  it("are opened, told of, found and listed", async () => {
    told.length = 0;
    const { status, body } = await ask("POST", `/api/tickets?${query.toString()}`);
    expect(status).toBe(200);
    const { ticket_id, ticket } = ticketSavedSchema.parse(body);
    expect(ticket_id).toBe("TKT-20261120-0001");
    expect(ticket).toMatchObject({
      customer_phone: "+254711000001",
      status: "open",
      priority: "high",
      department: "complaints",
      source: "api",
      assigned_to: null,
    });
    expect(told).toMatchObject([{ type: "ticket", change: "created" }]);
    const shown = ticketDetailSchema.parse((await ask("GET", `/api/tickets/${ticket_id}`)).body);
    expect(shown).toMatchObject(ticket);
    const found = async (filter: string) =>
      ticketListSchema.parse((await ask("GET", `/api/tickets?${filter}`)).body).tickets.length;
    expect(await found("status=open&priority=high&department=complaints")).toBe(1);
    expect(await found("status=closed")).toBe(0);
    expect((await ask("GET", "/api/tickets/TKT-20261120-9999")).status).toBe(404);
  });

  it("are changed field by field, with notes that stay", async () => {
    told.length = 0;
    const path = "/api/tickets/TKT-20261120-0001";
    const first = await ask(
      "PATCH",
      `${path}?status=in_progress&assigned_to=AGT-002&notes=Called%20back`,
    );
    expect(ticketSavedSchema.parse(first.body).ticket).toMatchObject({
      status: "in_progress",
      assigned_to: "AGT-002",
      notes: [{ text: "Called back", by: "a-supervisor" }],
    });
    const second = await ask("PATCH", path, {
      body: { status: "resolved", assigned_to: "", priority: "urgent", notes: "Sent again" },
    });
    expect(ticketSavedSchema.parse(second.body).ticket).toMatchObject({
      status: "resolved",
      assigned_to: null,
      priority: "urgent",
      department: "complaints",
      notes: [{ text: "Called back" }, { text: "Sent again" }],
    });
    expect(told).toMatchObject([
      { type: "ticket", change: "updated" },
      { type: "ticket", change: "updated" },
    ]);
    expect((await ask("PATCH", path)).status).toBe(400);
    expect((await ask("PATCH", "/api/tickets/TKT-1?status=closed")).status).toBe(404);
  });

  it("name only what exists, and say all that does not", async () => {
    const body = {
      customer_name: "J",
      customer_phone: "1001",
      subject: "S",
      department: "plumbing",
      assigned_to: "AGT-777",
      call_id: "CALL-NONE",
    };
    expect((await ask("POST", "/api/tickets", { body })).body).toMatchObject({
      status: 400,
      faults: [
        "department: must be one of support, complaints",
        "assigned_to: there is no such agent",
        "call_id: there is no such call",
      ],
    });
  });

  it("are one for each call: the second is told of the first", async () => {
    await new Story(harness, "CALL-0000AAAA").until("queued");
    const open = (subject: string) =>
      ask("POST", "/api/tickets", {
        body: { customer_name: "J", customer_phone: "1001", subject, call_id: "CALL-0000AAAA" },
      });
    expect((await open("first")).status).toBe(200);
    const second = await open("second");
    expect(second).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect(JSON.stringify(second.body)).toContain("TKT-20261120-0002");
  });
});

describe("transcripts", () => {
  it("are read and continued, in order", async () => {
    const id = "CALL-0000BBBB";
    await new Story(harness, id).until("queued");
    told.length = 0;
    const add = (speaker: string, content: string) =>
      ask(
        "POST",
        `/api/transcripts/${id}/messages?${new URLSearchParams({ speaker, content, language: "sw" }).toString()}`,
      );
    expect(messageSavedSchema.parse((await add("bot", "Karibu")).body).message).toMatchObject({
      call_id: id,
      seq: 1,
      source: "api",
    });
    await add("customer", "Habari");
    const { body } = await ask("GET", `/api/transcripts/${id}`);
    const { messages } = transcriptSchema.parse(body);
    expect(messages.map(({ speaker, content, language }) => [speaker, content, language])).toEqual([
      ["bot", "Karibu", "sw"],
      ["customer", "Habari", "sw"],
    ]);
    expect(told).toMatchObject([{ type: "transcript" }, { type: "transcript" }]);
    const audit = harness.logged.find(({ message }) => message === "transcript read");
    expect(audit?.fields).toMatchObject({ call: id, user: "a-supervisor" });
    expect(JSON.stringify(harness.logged)).not.toContain("Habari");
  });

  it("need a call and somebody who speaks", async () => {
    expect((await ask("GET", "/api/transcripts/CALL-NONE")).status).toBe(404);
    const path = "/api/transcripts/CALL-NONE/messages";
    expect((await ask("POST", `${path}?speaker=bot&content=hi`)).status).toBe(404);
    expect((await ask("POST", `${path}?speaker=ghost&content=hi`)).status).toBe(400);
    expect(await harness.deps.store.transcripts.list(asCallId("CALL-NONE"))).toEqual([]);
  });
});
