import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildServer } from "../../src/ops/build.ts";
import { home } from "../../src/ops/environment.ts";

/** Runs a program of Node's without any of the server's configuration; its exit status, and what it complained of. */
function run(...args: string[]): Promise<{ status: number; errors: string }> {
  const env = { PATH: process.env["PATH"] };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: home, env }, (error, _, errors) => {
      resolve({ status: typeof error?.code === "number" ? error.code : 0, errors });
    });
  });
}

describe("the server that is built", () => {
  it("is built once from the same sources, however many ask for it", async () => {
    const programs = await Promise.all([buildServer(), buildServer(), buildServer()]);
    expect(new Set(programs).size).toBe(1);
    expect(existsSync(programs[0])).toBe(true);
  });

  it.each([
    ["as `dist/main.js`", ["dist/main.js"]],
    ["as `kituo start`", ["bin/kituo.mjs", "start"]],
    ["from its sources", ["src/main.ts"]],
  ])("runs %s, and says once what its environment lacks", async (_, args) => {
    await buildServer();
    const { status, errors } = await run(...args);
    expect(status).toBe(1);
    expect(errors.match(/ARI_PASSWORD/g)).toHaveLength(1);
  });
});
