import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Lab, mainNumber } from "../lab/lab.ts";
import { until } from "../lab/until.ts";

/** Menus are changed while calls come in: `kill -HUP` makes the server read them again. */
describe("the menus of a running server", () => {
  let folder: string;
  let lab: Lab;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kituo-menus-"));
    await cp(join(import.meta.dirname, "menus"), folder, { recursive: true });
    lab = await Lab.start({ menus: folder });
  });
  afterEach(() => lab.clear());
  afterAll(async () => {
    await lab.stop();
    await rm(folder, { recursive: true });
  });

  /** Writes the department menu with key 2 leading to `queue`, and has it read; settles when the log says `said`. */
  async function reload(queue: string, said: string): Promise<string> {
    const file = join(folder, "department.yaml");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace(/^ {2}2:.*/m, `  2: { queue: ${queue} }`));
    const server = lab.instance.server();
    if (server === null) throw new Error("the lab has no server");
    process.kill(server.pid, "SIGHUP");
    let line: string | undefined;
    await until(`the log to say: ${said}`, async () => {
      const log = await readFile(server.log, "utf8");
      line = log.split("\n").findLast((each) => each.includes(said));
      return line !== undefined;
    });
    return line ?? "";
  }

  /** The queue that pressing 1, then 2 leads a new caller to. */
  async function leadsTo(number: string): Promise<unknown> {
    const board = await lab.watch();
    await lab.caller({
      called: mainNumber,
      number,
      steps: [{ waitMs: 300 }, { keys: "12" }],
      stay: 4_000,
    });
    const id = await board.begun(number);
    await board.fact(id, "ended");
    await lab.nothingLeft();
    const call = await lab.api.call(id);
    return call.events.find((event) => event.type === "voicemail_started")?.["queue"];
  }

  it("stay as they were when a new file has a fault, which the log names with file and line", async () => {
    const fault = await reload("nowhere", "the new menus have a fault; the old ones stay");
    expect(fault).toMatch(/department\.yaml:\d+.*nowhere/);
    expect(await leadsTo("+254700000401")).toBe("support");
  });

  it("are walked by new calls when they are right", async () => {
    await reload("billing", "menus were read again");
    expect(await leadsTo("+254700000402")).toBe("billing");
  });

  it("with a fault keep a server from starting, and it says why", async () => {
    await lab.instance.server()?.stop();
    const file = join(folder, "language.yaml");
    const right = await readFile(file, "utf8");
    await writeFile(file, `${right}\nsurprise: true\n`);
    await expect(lab.instance.startServer()).rejects.toMatchObject({
      faults: expect.arrayContaining([expect.stringMatching(/language\.yaml:\d+.*surprise/)]),
    });
    await writeFile(file, right);
    await lab.startServer();
  });
});
