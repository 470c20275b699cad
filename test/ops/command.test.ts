import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const kituo = new URL("../../bin/kituo.mjs", import.meta.url).pathname;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kituo-command-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Ran {
  readonly status: number;
  readonly printed: string;
  readonly errors: string;
}

function run(...args: string[]): Promise<Ran> {
  const env = { ...process.env, KITUO_VAR: folder };
  return new Promise((resolve) => {
    execFile(process.execPath, [kituo, ...args], { env }, (error, printed, errors) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ status, printed, errors });
    });
  });
}

describe("the kituo command", () => {
  it("tells what it can do, and what it does not know", async () => {
    const help = await run("--help");
    expect(help.status).toBe(0);
    for (const name of ["demo", "up", "down", "status", "extensions", "config", "logs"])
      expect(help.printed).toContain(`  ${name} `);
    expect(help.printed).not.toContain("  run ");
    const unknown = await run("frobnicate");
    expect(unknown.status).not.toBe(0);
    expect(unknown.errors).toContain("kituo --help");
  });

  it("says so, with a status of its own, when nothing is up", async () => {
    const status = await run("status", "--json");
    expect(status.status).toBe(3);
    expect(JSON.parse(status.printed)).toEqual({ up: false });
    expect((await run("down")).printed).toContain("not up");
    const extensions = await run("extensions");
    expect(extensions.status).toBe(1);
    expect(extensions.errors).toContain("kituo up --detach");
  });

  it("runs a TypeScript file with its arguments, and passes its exit status on", async () => {
    const file = join(folder, "script.ts");
    writeFileSync(
      file,
      "const given: readonly string[] = process.argv.slice(2);\nconsole.log(JSON.stringify(given));\nprocess.exitCode = 5;\n",
    );
    const ran = await run("run", file, "--json", "-n", "3");
    expect(ran.printed).toBe('["--json","-n","3"]\n');
    expect(ran.status).toBe(5);
  });

  it("refuses a port that is none", async () => {
    const refused = await run("up", "--port", "99999");
    expect(refused.status).not.toBe(0);
    expect(refused.errors).toContain("1 to 65535");
  });
});
