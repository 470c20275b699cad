import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { startRedis } from "../src/ops/redis.ts";
import { ensureRoot } from "../src/ops/root.ts";
import { openSandbox } from "../src/ops/sandbox.ts";
import { ensureFerretdb } from "./lab/ferretdb.ts";

/**
 * `npm test`: sets up what is missing, checks the code, runs every test, says how long each phase took and what was
 * skipped. Arguments are handed to vitest, for example `npm test -- test/desk`.
 */
const started = Date.now();
const phases: string[] = [];
const only = process.argv.slice(2);
const children = new Set<ChildProcess>();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const child of children) child.kill("SIGTERM");
    process.exitCode = 130;
  });
}

async function phase<T>(name: string, work: () => Promise<T>): Promise<T> {
  console.log(`\n== ${name}`);
  const from = Date.now();
  try {
    return await work();
  } finally {
    phases.push(`${((Date.now() - from) / 1000).toFixed(1).padStart(7)} s  ${name}`);
  }
}

async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], env });
  children.add(child);
  const { promise, resolve } = Promise.withResolvers<number>();
  child.once("exit", (code) => resolve(code ?? 1));
  child.once("error", () => resolve(1));
  const status = await promise;
  children.delete(child);
  return status;
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    /** Of a file that could not be run. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/** Each test that failed with the first lines of why, so that the end of a long output says it all. */
function failuresIn({ testResults }: Report): readonly string[] {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const failed = assertionResults.filter(({ status }) => status === "failed");
    if (failed.length === 0) return message === "" ? [] : [`${file}: ${firstLines(message)}`];
    return failed.map(
      ({ fullName, failureMessages }) =>
        `${file}: ${fullName}\n${firstLines((failureMessages ?? []).join("\n"))}`,
    );
  });
}

function firstLines(message: string): string {
  const lines = message.trim().split("\n").slice(0, 6);
  return lines.map((line) => `    ${line.slice(0, 400)}`).join("\n");
}

async function main(): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), "kituo-test-"));
  const owned: { stop(): Promise<void> }[] = [];
  const env: NodeJS.ProcessEnv = { ...process.env };
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  try {
    await phase("set-up: private root, Redis, a MongoDB", async () => {
      const say = (line: string) => console.log(line);
      const redis = ensureRoot(say).then(async (root) => {
        const running = await startRedis({
          sandbox: openSandbox(root),
          folder: join(scratch, "redis"),
        });
        owned.push(running);
        env["KITUO_TEST_REDIS_URL"] = running.url;
      });
      const mongo = ensureFerretdb(say).then((found) => {
        if ("skipped" in found) {
          say(`!! the MongoDB tests are SKIPPED: ${found.skipped}`);
          return;
        }
        owned.push(found);
        env["KITUO_TEST_MONGO_URL"] = found.url;
      });
      const settled = await Promise.allSettled([redis, mongo]);
      for (const each of settled) if (each.status === "rejected") throw each.reason;
    });
    if (only.length === 0) {
      const clean = await phase("check: types, lint, format, architecture, generated files", () =>
        run(process.execPath, ["test/check.ts"], env),
      );
      if (clean === 0) total.passed += 1;
      else {
        total.failed += 1;
        failures.push("npm run check");
      }
    }
    for (const project of ["fast", "asterisk"]) {
      const file = join(scratch, `${project}.json`);
      const args = ["run", "--project", project, "--passWithNoTests", ...only];
      const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
      const status = await phase(`tests: ${project}`, () =>
        run(process.execPath, ["node_modules/vitest/vitest.mjs", ...args, ...reporters], env),
      );
      const report = JSON.parse(await readFile(file, "utf8")) as Report;
      total.passed += report.numPassedTests;
      total.failed += report.numFailedTests;
      total.skipped += report.numPendingTests;
      failures.push(...failuresIn(report));
      if (status === 0 || report.numFailedTests > 0) continue;
      total.failed += 1;
      failures.push(`${project}: no test failed, and yet something did: see "Errors" above`);
    }
  } finally {
    for (const each of owned.reverse()) await each.stop();
    await rm(scratch, { recursive: true, force: true });
  }
  phases.push(`${((Date.now() - started) / 1000).toFixed(1).padStart(7)} s  in all`);
  if (failures.length > 0) console.log(`\n== what failed\n${failures.join("\n")}`);
  console.log(`\n${phases.join("\n")}\n`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 ? 0 : 1;
}

process.exitCode = await main();
