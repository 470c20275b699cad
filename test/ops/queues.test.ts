import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCentre } from "../../src/config.ts";
import { ensureSecrets } from "../../src/ops/secrets.ts";

const kituo = new URL("../../bin/kituo.mjs", import.meta.url).pathname;
const centreFile = new URL("../../kituo.yaml", import.meta.url).pathname;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kituo-queues-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): Promise<{ status: number; printed: string; errors: string }> {
  const env = { ...process.env, KITUO_VAR: folder, KITUO_CENTRE: join(folder, "kituo.yaml") };
  return new Promise((resolve) => {
    execFile(process.execPath, [kituo, ...args], { env }, (error, printed, errors) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ status, printed, errors });
    });
  });
}

describe("kituo hours", () => {
  beforeEach(() => {
    const hours = '{ zone: Africa/Nairobi, weekly: { thu: ["08:00-17:00"] } }';
    const text = readFileSync(centreFile, "utf8");
    const support = "{ name: support, title: Support";
    writeFileSync(
      join(folder, "kituo.yaml"),
      text.replace(`${support} }`, `${support}, hours: ${hours} }`),
    );
  });

  it("tells whether a queue is open, by its own clocks or with an offset", async () => {
    const open = await run("hours", "--queue", "support", "--at", "2026-12-24T13:00");
    expect(open.printed).toBe(
      "support is open at Thursday, 24 December 2026 at 13:00 (thu), until Thursday, 24 December 2026 at 17:00.\n",
    );
    const early = await run("hours", "--queue", "support", "--at", "2026-12-24T04:00Z");
    expect(early.printed).toContain("support is closed at Thursday, 24 December 2026 at 07:00");
    expect(early.errors).toBe(
      "No server is up here: this is by kituo.yaml alone, whoever may have closed the queue.\n",
    );
    const always = await run("hours", "--queue", "sales");
    expect(always.printed).toMatch(
      /^sales is open at .* \(always\), and that does not change\.\n$/,
    );
  });

  it("refuses what is no time and no queue", async () => {
    const time = await run("hours", "--queue", "support", "--at", "tomorrow");
    expect([time.status === 0, time.errors.includes("2026-12-24T13:00")]).toEqual([false, true]);
    const queue = await run("hours", "--queue", "nobody");
    expect([queue.status === 0, queue.errors.includes("nobody")]).toEqual([false, true]);
  });
});

describe("kituo hours, told to a server", () => {
  let server: Server;
  let url: string;
  const at = "2026-12-24T06:00:00.000Z";
  const asked: { path: string | undefined; body: unknown }[] = [];
  beforeEach(async () => {
    await ensureSecrets(folder, readCentre(centreFile), {});
    const file = readFileSync(centreFile, "utf8");
    const support = "{ name: support, title: Support";
    const hours = '{ zone: Africa/Nairobi, weekly: { thu: ["08:00-17:00"] } }';
    writeFileSync(
      join(folder, "kituo.yaml"),
      file.replace(`${support} }`, `${support}, hours: ${hours} }`),
    );
    asked.length = 0;
    server = createServer((request, response) => {
      const { url: path } = request;
      text(request).then((body) => {
        asked.push({ path, body: body === "" ? null : (JSON.parse(body) as unknown) });
        response.writeHead(200, { "content-type": "application/json", connection: "close" });
        const open = path?.endsWith("/open") === true;
        const until = open ? null : "2026-12-24T10:00:00.000Z";
        const closing = { since: at, until, reason: "Training", by: "eva" };
        const opening = { queue: "support", at, open, by: "closing", until, zone: null, closing };
        response.end(JSON.stringify(path === "/api/auth/login" ? { token: "t" } : opening));
      }, response.destroy.bind(response));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => void server.close());

  it("closes a queue until a time by its own clocks, and opens it", async () => {
    const about = ["--close", "--until", "2026-12-24T13:00", "--reason", "Training"];
    const closed = await run("hours", "--queue", "support", ...about, "--url", url);
    expect([closed.printed, closed.errors]).toEqual([
      "support is closed now until Thursday, 24 December 2026 at 13:00.\n",
      "",
    ]);
    const open = await run("hours", "--queue", "support", "--open", "--url", url);
    expect(open.printed).toBe("support is open now.\n");
    expect(asked.filter(({ path }) => path !== "/api/auth/login")).toEqual([
      {
        path: "/api/queues/support/close",
        body: { until: "2026-12-24T10:00:00.000Z", reason: "Training" },
      },
      { path: "/api/queues/support/open", body: {} },
    ]);
  });

  it("asks the server whether a queue is open, and tells who has closed it", async () => {
    const asking = ["--at", "2026-12-24T09:00", "--url", url];
    const { printed, errors } = await run("hours", "--queue", "support", ...asking);
    expect([printed, errors]).toEqual([
      "support is closed at Thursday, 24 December 2026 at 09:00 (closing), until Thursday, 24 December 2026 at 13:00.\neva has closed it: Training.\n",
      "",
    ]);
    expect(asked.at(-1)).toEqual({ path: `/api/queues/support/hours?at=${at}`, body: null });
  });

  it("refuses what contradicts itself", async () => {
    const both = await run("hours", "--queue", "support", "--open", "--close", "--url", url);
    const late = await run("hours", "--queue", "support", "--open", "--reason", "x", "--url", url);
    expect([both.status === 0, late.status === 0, asked]).toEqual([false, false, []]);
  });
});

describe("kituo explain", () => {
  let server: Server;
  let url: string;
  beforeEach(async () => {
    await ensureSecrets(folder, readCentre(centreFile), {});
    const decision = {
      at: "2026-11-21T08:00:01.000Z",
      queue: "support",
      agent_id: "AGT-001",
      extension: "1001",
      reasons: ["AGT-001 was idle longest"],
      outcome: "no_answer",
      ended_at: "2026-11-21T08:00:16.000Z",
    };
    const known = {
      call_id: "CALL-0A1B2C3D",
      queue: "support",
      priority: 0,
      queued_at: "2026-11-21T08:00:00.000Z",
      connected_at: null,
      decisions: [decision, { ...decision, agent_id: "AGT-002", outcome: null, ended_at: null }],
      waiting: null,
    };
    const away = { agent_id: "AGT-001", extension: "1001", reasons: ["is not signed in"] };
    const busy = {
      agent_id: "AGT-002",
      extension: "1002",
      reasons: ["talks in CALL-1", "lacks x"],
    };
    const answers: Readonly<Record<string, unknown>> = {
      "/api/auth/login": { token: "t" },
      "/api/calls/CALL-0A1B2C3D/routing": known,
      "/api/calls/CALL-0A1B2C3E/routing": {
        ...known,
        call_id: "CALL-0A1B2C3E",
        decisions: [],
        waiting: {
          position: 2,
          agents: [
            { ...away, calls_before: 0 },
            { ...busy, calls_before: 1 },
          ],
        },
      },
      "/api/calls/CALL-0A1B2C3F/routing": { ...known, waiting: { position: 1, agents: [] } },
    };
    server = createServer((request, response) => {
      const found = answers[request.url ?? ""];
      response.writeHead(found === undefined ? 404 : 200, {
        "content-type": "application/json",
        connection: "close",
      });
      const missing = { title: "Not found", detail: "There is no such call." };
      response.end(JSON.stringify(found ?? missing));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => void server.close());

  it("tells whom a call was offered to, why, and what came of it", async () => {
    const { printed, status } = await run("explain", "--call", "CALL-0A1B2C3D", "--url", url);
    expect(status).toBe(0);
    expect(printed.split("\n")).toEqual([
      "CALL-0A1B2C3D has waited in support since 2026-11-21T08:00:00.000Z.",
      "",
      "2026-11-21T08:00:01.000Z  AGT-001 at 1001: no_answer at 2026-11-21T08:00:16.000Z",
      "  - AGT-001 was idle longest",
      "",
      "2026-11-21T08:00:01.000Z  AGT-002 at 1001: rings",
      "  - AGT-001 was idle longest",
      "",
    ]);
  });

  it("tells what keeps each agent from a call that waits", async () => {
    const { printed } = await run("explain", "--call", "CALL-0A1B2C3E", "--url", url);
    expect(printed.split("\n")).toEqual([
      "CALL-0A1B2C3E has waited in support since 2026-11-21T08:00:00.000Z; it was offered to nobody.",
      "",
      "It is number 2 in support now. Of its agents",
      "  - AGT-001 at 1001 is not signed in",
      "  - AGT-002 at 1002 talks in CALL-1, and lacks x; 1 call of her queues comes before it",
      "",
    ]);
    const unserved = await run("explain", "--call", "CALL-0A1B2C3F", "--url", url);
    expect(unserved.printed).toContain("It is number 1 in support, which no agent serves.");
  });

  it("says so when there is no such call", async () => {
    const { status, errors } = await run("explain", "--call", "CALL-FFFFFFFF", "--url", url);
    expect([status === 0, errors.includes("There is no such call.")]).toEqual([false, true]);
  });
});
