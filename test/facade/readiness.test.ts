import { afterEach, describe, expect, it } from "vitest";
import type { Part, PartState } from "../../src/domain/health.ts";
import { type Harness, startHarness } from "./harness.ts";

let harness: Harness;
afterEach(() => harness.stop());

async function ask(path: string) {
  const response = await harness.request("GET", path);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("a process that is asked how it is", () => {
  it("lives as long as it answers, whatever is away", async () => {
    harness = await startHarness();
    harness.away = { asterisk: "down", store: "down" };
    expect(await ask("/health/live")).toMatchObject({ status: 200, body: { status: "live" } });
  });

  it("is ready when it takes calls, and says what is wrong", async () => {
    harness = await startHarness();
    expect(await ask("/health/ready")).toMatchObject({
      status: 200,
      body: { ready: true, reasons: [] },
    });
    const cases: [Partial<Record<Part, PartState>>, status: number, reason: string][] = [
      [{ asterisk: "down" }, 503, "Asterisk does not answer"],
      [{ desk: "down" }, 200, "Redis does not answer"],
      [{ store: "down", journal: "behind" }, 200, "call logs wait on the disk"],
      [{ journal: "failing" }, 200, "make room"],
    ];
    for (const [away, status, reason] of cases) {
      harness.away = away;
      const said = await ask("/health/ready");
      expect([away, said.status, said.body["ready"]]).toEqual([away, status, status === 200]);
      const reasons = said.body["reasons"] as { part: string; reason: string }[];
      expect(reasons.map(({ part }) => part)).toEqual(Object.keys(away));
      expect(JSON.stringify(reasons)).toContain(reason);
    }
  });

  it("is not ready while it is drained", async () => {
    harness = await startHarness();
    await harness.request("POST", "/api/system/drain", { as: "admin" });
    expect(await ask("/health/ready")).toMatchObject({
      status: 503,
      body: { ready: false, reasons: [{ part: "process" }] },
    });
  });
});
