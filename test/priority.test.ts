import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";

const program = `
  const { goFirst } = await import("${new URL("../src/priority.ts", import.meta.url).href}");
  goFirst();
  const { readFileSync } = await import("node:fs");
  const { getPriority } = await import("node:os");
  console.log(getPriority(), readFileSync("/proc/self/autogroup", "utf8").trim());`;

/** The priorities that it has got, of itself and of its session. */
async function priorities(leads: boolean): Promise<string> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    detached: leads,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return (await text(child.stdout)).trim();
}

const sharesBySession = existsSync("/proc/self/autogroup") && process.getuid?.() === 0;

describe.runIf(sharesBySession)("the server's priority", () => {
  it("counts against all other sessions where it leads its own, as a service does", async () => {
    expect(await priorities(true)).toMatch(/^-14 .* nice -14$/);
  });

  it("leaves a session alone that others are in", async () => {
    expect(await priorities(false)).toMatch(/^-14 .* nice 0$/);
  });
});
