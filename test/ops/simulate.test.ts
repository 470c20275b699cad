import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const kituo = new URL("../../bin/kituo.mjs", import.meta.url).pathname;
const example = new URL("../../docs/staffing.yaml", import.meta.url).pathname;
const bad = new URL("../simulate/bad/meaning.yaml", import.meta.url).pathname;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kituo-simulate-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): Promise<{ status: number; printed: string; errors: string }> {
  const env = { ...process.env, KITUO_VAR: folder };
  return new Promise((resolve) => {
    execFile(process.execPath, [kituo, "simulate", ...args], { env }, (error, printed, errors) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ status, printed, errors });
    });
  });
}

interface Printed {
  readonly pools: readonly {
    readonly queues: readonly string[];
    readonly intervals: readonly {
      readonly from: string;
      readonly agents_needed: number;
      readonly rows: readonly { readonly agents: number; readonly meets_target: boolean }[];
    }[];
  }[];
}

describe("kituo simulate", () => {
  it("tells programs and people the agents that the example needs, and draws them", async () => {
    const chart = join(folder, "day.svg");
    const args = ["--scenario", example, "--calls", "2000"];
    const { status, printed, errors } = await run(...args, "--json", "--chart", chart);
    expect([status, errors]).toEqual([0, ""]);
    const { pools } = JSON.parse(printed) as Printed;
    expect(pools.map(({ queues }) => queues.join())).toEqual(["orders", "support,cards"]);
    const [pool] = pools;
    expect(pool?.intervals.map(({ from }) => from)).toEqual(["08:00", "10:00", "13:00"]);
    for (const { agents_needed, rows } of pool?.intervals ?? [])
      expect(rows.find(({ meets_target }) => meets_target)?.agents).toBe(agents_needed);

    const people = await run(...args);
    const svg = readFileSync(chart, "utf8");
    expect(svg).toMatch(/^<svg [^>]+>\n[\s\S]*<\/svg>\n$/);
    for (const { intervals } of pools)
      for (const { from, agents_needed } of intervals) {
        expect(people.printed).toMatch(
          new RegExp(`${from}-[0-9:]+ +${agents_needed} agents needed`),
        );
        expect(svg).toMatch(new RegExp(`<title>${from}-[0-9:]+: ${agents_needed} agents;`));
      }
  }, 120_000);

  it("prints what the page about it says, and draws its picture", async () => {
    const chart = join(folder, "day.svg");
    const { printed } = await run("--scenario", example, "--chart", chart);
    const page = readFileSync(new URL("../../docs/staffing.md", import.meta.url), "utf8");
    const [, ...blocks] = [...page.matchAll(/^```\n([\s\S]*?)^```$/gm)].map(
      ([, text]) => text ?? "",
    );
    expect(blocks).toHaveLength(2);
    for (const block of blocks) expect(printed).toContain(block);
    const picture = readFileSync(new URL("../../docs/staffing.svg", import.meta.url), "utf8");
    expect(readFileSync(chart, "utf8")).toBe(picture);
  }, 120_000);

  it("refuses a bad scenario with file, line and reason, and numbers that are none", async () => {
    const refused = await run("--scenario", bad);
    expect(refused.status).toBe(1);
    expect(refused.errors).toContain(`${bad}:10: queues.0.arrivals.1: the interval overlaps`);
    const calls = await run("--scenario", example, "--calls", "many");
    expect([calls.status === 0, calls.errors.includes("1000 to 10000000")]).toEqual([false, true]);
    const nowhere = await run(
      "--scenario",
      example,
      "--calls",
      "1000",
      "--chart",
      "/nowhere/a.svg",
    );
    expect([nowhere.status, nowhere.errors.includes("/nowhere/a.svg")]).toEqual([1, true]);
  }, 120_000);
});
