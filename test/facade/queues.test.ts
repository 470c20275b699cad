import { afterEach, beforeEach, expect, it } from "vitest";
import type { Role } from "../../src/domain/user.ts";
import { openingSchema } from "../../src/facade/contract/queue.ts";
import { type Harness, nowAtStart, startHarness } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.stop());

const time = (fromNow: number) => new Date(nowAtStart + fromNow).toISOString();
async function hours(query = "") {
  const response = await harness.request("GET", `/api/queues/support/hours${query}`, {
    as: "viewer",
  });
  return openingSchema.parse(await response.json());
}
async function say(path: string, body?: unknown, as: Role = "supervisor") {
  const response = await harness.request("POST", `/api/queues/${path}`, { as, body });
  return { status: response.status, body: await response.json() };
}

it("closes a queue for a while, tells everybody so, and opens it again", async () => {
  expect(await hours()).toMatchObject({ open: true, by: "always", closing: null });
  const closed = await say("support/close", { until: time(60_000), reason: "Training" });
  const expected = {
    open: false,
    by: "closing",
    until: time(60_000),
    closing: { since: time(0), until: time(60_000), reason: "Training", by: "a-supervisor" },
  };
  expect(closed).toMatchObject({ status: 200, body: expected });
  expect(await hours()).toMatchObject(expected);
  expect(await hours(`?at=${time(60_000)}`)).toMatchObject({ open: true, closing: null });
  expect(await hours(`?at=${time(-1_000)}`)).toMatchObject({ open: true, closing: null });
  harness.now += 1_000;
  expect((await say("support/open")).body).toMatchObject({ open: true, closing: null });
  expect(await hours()).toMatchObject({ open: true, closing: null });
});

it("writes down who did it, and nothing of what she typed in the open", async () => {
  await say("support/close", { reason: "Training of Amina" });
  await say("support/open", {}, "admin");
  const audit = harness.logged.filter(({ fields }) => "audit" in fields);
  expect(audit.map(({ fields }) => fields)).toMatchObject([
    { audit: "queue_closed", queue: "support", user: "a-supervisor", until: null },
    { audit: "queue_opened", queue: "support", user: "a-admin" },
  ]);
  const open = audit.map(({ fields }) => ({ ...fields, pii: null }));
  expect(JSON.stringify(open)).not.toContain("Amina");
});

it("refuses a time that is past, and a queue that there is not", async () => {
  expect((await say("support/close", { until: time(0) })).body).toMatchObject({
    status: 400,
    faults: ["until: must be a time to come"],
  });
  expect((await say("nobody/close", {})).status).toBe(404);
  expect(await hours()).toMatchObject({ open: true });
});
