import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { home } from "../../src/ops/environment.ts";
import type { ServerCommand } from "../../src/ops/spawn.ts";
import { Standby } from "../../src/ops/standby.ts";

/** What a server does about standing by, and no more: it says how far it is. */
const program = `
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
process.chdir(import.meta.dirname);
import { standBy, standsBy, toldToBegin } from ${JSON.stringify(join(home, "src/standby.ts"))};
const begins = standsBy() ? toldToBegin() : null;
console.log("came", process.pid);
// As many as the gate lets through are loaded, in the order in which they came.
const came = () => readFileSync("log/server.log", "utf8").match(/^came \\d+$/gm) ?? [];
const place = came().indexOf(\`came \${process.pid}\`) + 1;
while (begins !== null && place > Number(readFileSync("gate", "utf8"))) await setTimeout(10);
if (begins !== null) console.log("loaded", process.pid);
if (begins !== null) await standBy(begins, []);
console.log("begun", process.pid, process.env.NAME);
setInterval(() => undefined, 1_000);
`;

describe("a server on standby", () => {
  let folder: string;
  let command: ServerCommand;
  let standby: Standby;
  let started: ChildProcess[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "kituo-standby-"));
    await writeFile(join(folder, "server.mjs"), program);
    command = {
      program: join(folder, "server.mjs"),
      environment: { ...process.env, NAME: "first" },
      log: join(folder, "log/server.log"),
    };
    await gate(99);
    standby = new Standby();
    started = [];
  });
  afterEach(async () => {
    await standby.stop();
    await Promise.all(started.map(killed));
    await rm(folder, { recursive: true });
  });

  const gate = (open: number) => writeFile(join(folder, "gate"), String(open));
  const lines = async () => (await readFile(command.log, "utf8")).match(/.+(?=\n)/g) ?? [];
  const said = (word: string) => async () =>
    (await lines())
      .filter((line) => line.startsWith(word))
      .map((line) => line.slice(word.length + 1));
  /** The pids of all that were ever loaded, once there are so many. */
  const loaded = async (count: number) => {
    await expect.poll(said("loaded")).toHaveLength(count);
    return (await said("loaded")()).map(Number);
  };
  const start = (of = command) => {
    const child = standby.start(of);
    started.push(child);
    return child;
  };

  it("is loaded, and begins when it is started; others do when that one is gone, too", async () => {
    await standby.prepare(command);
    const pids = await loaded(3);
    await standby.prepare(command);
    const first = start({ ...command });
    await expect.poll(said("begun")).toEqual([`${first.pid} first`]);
    const others = [start(), start()];
    const begun = [first, ...others].map((child) => `${child.pid} first`);
    await expect.poll(async () => (await said("begun")()).sort()).toEqual(begun.sort());
    expect([first, ...others].map((child) => child.pid)).toEqual(pids);
    // They are servers now, and live on.
    await standby.stop();
    expect(pids.map(isRunning)).toEqual([true, true, true]);
  });

  it("begins in the same way when it is started before it is loaded", async () => {
    await standby.prepare(command);
    const child = start();
    await expect.poll(said("begun")).toEqual([`${child.pid} first`]);
  });

  it("is not started for another configuration, and makes way for one that has it", async () => {
    await standby.prepare(command);
    const pids = await loaded(3);
    const other = { ...command, environment: { ...command.environment, NAME: "second" } };
    const fresh = start(other);
    await expect.poll(said("begun")).toEqual([`${fresh.pid} second`]);
    expect(pids).not.toContain(fresh.pid);
    await standby.prepare(other);
    expect(pids.map(isRunning)).toEqual([false, false, false]);
    const next = start(other);
    await expect.poll(said("begun")).toEqual([fresh, next].map(({ pid }) => `${pid} second`));
    expect(await loaded(4)).toContain(next.pid);
  });

  it("that has ended is none, and another is loaded for it", async () => {
    await standby.prepare(command);
    const [gone = 0, next] = await loaded(3);
    process.kill(gone, "SIGKILL");
    await expect.poll(() => isRunning(gone)).toBe(false);
    expect(start().pid).toBe(next);
    await standby.prepare(command);
    await loaded(5);
  });

  it("is not loaded beside one that begins", async () => {
    await gate(1);
    await standby.prepare(command);
    await loaded(1);
    await expect.poll(said("came")).toHaveLength(2);
    const [, second = 0] = (await said("came")()).map(Number);
    start();
    await expect.poll(() => stateOf(second)).toBe("T");
    await gate(99);
    await standby.prepare(command);
    await loaded(4);
  });

  it("ends when nobody keeps it any more", async () => {
    await standby.prepare(command);
    const pids = await loaded(3);
    await standby.stop();
    expect(pids.map(isRunning)).toEqual([false, false, false]);
  });
});

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // There is no such process.
    return false;
  }
}

/** One letter, as in `/proc/PID/stat` behind the name: `T` for a process that was stopped. */
async function stateOf(pid: number): Promise<string | undefined> {
  return / ([A-Z]) /.exec(await readFile(`/proc/${pid}/stat`, "utf8"))?.[1];
}
