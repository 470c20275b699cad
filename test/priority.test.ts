import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";

const program = `
  const { stepBack } = await import("${new URL("../src/priority.ts", import.meta.url).href}");
  const { readFileSync } = await import("node:fs");
  const { getPriority } = await import("node:os");
  const ofSession = () => readFileSync("/proc/self/autogroup", "utf8").trim();
  const before = ofSession();
  stepBack();
  console.log(JSON.stringify({ own: getPriority(), before, after: ofSession() }));`;

/** What it has got: its own priority, and what Linux says of its session's before and after; "" of one that has none. */
async function priorities(leads: boolean): Promise<{ own: number; before: string; after: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    detached: leads,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(await text(child.stdout));
}

const sharesBySession = existsSync("/proc/self/autogroup") && process.getuid?.() === 0;

describe.runIf(sharesBySession)("the server's priority", () => {
  it("counts against all other sessions where it leads its own, as a service does", async () => {
    const { own, after } = await priorities(true);
    expect(own).toBe(-7);
    expect(after).toMatch(/ nice -7$/);
  });

  it("leaves a session alone that others are in", async () => {
    const { own, before, after } = await priorities(false);
    expect(own).toBe(-7);
    expect(after).toBe(before);
  });
});
