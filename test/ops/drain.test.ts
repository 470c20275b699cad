import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCentre } from "../../src/config.ts";
import { ensureSecrets } from "../../src/ops/secrets.ts";

const kituo = new URL("../../bin/kituo.mjs", import.meta.url).pathname;
const centre = readCentre(new URL("../../kituo.yaml", import.meta.url).pathname);

let folder: string;
let server: Server;
let url: string;
/** What the server was asked, in order. */
let asked: string[];
/** How many calls it says are left, answer by answer; with the last it goes away. */
let left: number[];
/** A server that says nothing of going. */
let answer: { status: number; body: unknown } | null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kituo-drain-"));
  await ensureSecrets(folder, centre, {});
  asked = [];
  left = [];
  answer = null;
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const say = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json", connection: "close" });
      response.end(JSON.stringify(body));
    };
    if (request.url === "/health") return say(200, { status: "up" });
    if (request.url === "/api/auth/login") return say(200, { token: "t" });
    if (answer !== null) return say(answer.status, answer.body);
    say(request.method === "POST" ? 202 : 200, { draining: true, calls: left.shift() ?? 0 });
    if (left.length === 0) server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

function drain(...args: string[]): Promise<{ status: number; printed: string; errors: string }> {
  const env = { ...process.env, KITUO_VAR: folder };
  return new Promise((resolve) => {
    execFile(process.execPath, [kituo, "drain", ...args], { env }, (error, printed, errors) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ status, printed, errors });
    });
  });
}

describe("kituo drain", () => {
  it("asks the server to end, tells how many calls are left, and comes back when it has gone", async () => {
    left = [2, 2, 1, 0];
    const { status, printed } = await drain("--url", url, "--within", "60");
    expect(printed.split("\n")).toEqual([
      "No new call is claimed from now on; 2 calls are left.",
      "1 call is left.",
      "0 calls are left.",
      "The server has gone.",
      "",
    ]);
    expect(status).toBe(0);
    expect(asked).toContain("POST /api/system/drain?within=60");
  });

  it("says what the server said when it refuses", async () => {
    answer = { status: 403, body: { title: "Not allowed", advice: "Ask an admin." } };
    const { status, errors } = await drain("--url", url);
    expect(status).toBe(1);
    expect(errors).toContain("Not allowed");
  });

  it("fails where no server answers, or none is up", async () => {
    server.close();
    expect((await drain("--url", url)).errors).toContain("does not answer");
    const none = await drain();
    expect(none.status).toBe(1);
    expect(none.errors).toContain("not up");
  });

  it("refuses a limit that is none", async () => {
    const { status, errors } = await drain("--url", url, "--within", "soon");
    expect(status).not.toBe(0);
    expect(errors).toContain("whole number of seconds");
    expect(asked).toEqual([]);
  });
});
