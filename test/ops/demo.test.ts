import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { agentSchema, type WireAgent } from "../../src/facade/contract/agent.ts";
import { type Call, callSchema } from "../../src/facade/contract/call.ts";
import type { Update } from "../../src/facade/contract/updates.ts";
import { apply, type BoardState, emptyBoard } from "../../src/ops/demo/board.ts";
import { makeUpPerson, nextArrival } from "../../src/ops/demo/people.ts";
import { openScreen } from "../../src/ops/demo/screen.ts";
import { paint, span, width } from "../../src/ops/demo/text.ts";
import { boardLines, type Heading, statusLine, summaryLines } from "../../src/ops/demo/view.ts";
import { listenForEnd } from "../../src/ops/demo/wish.ts";
import { ensureRoot } from "../../src/ops/root.ts";
import { mountsWith, processesWith, until } from "./processes.ts";

const start = Date.parse("2026-11-20T08:00:00.000Z");
const at = (seconds: number): string => new Date(start + seconds * 1000).toISOString();

function agent(number: number, about: Partial<WireAgent> = {}): WireAgent {
  const two = String(number).padStart(2, "0");
  return agentSchema.parse({
    agent_id: `AGT-0${two}`,
    name: `Agent ${number}`,
    extension: `10${two}`,
    queues: ["sales"],
    status: "available",
    presence: "available",
    reason: null,
    after_call_until: null,
    reservation: "none",
    activity: "none",
    device: "idle",
    call_id: null,
    talking_since: null,
    pending: null,
    idle_since: at(0),
    skills: {},
    speaks: {},
    ...about,
  });
}

function call(id: string, about: Partial<Call> = {}): Call {
  return callSchema.parse({
    call_id: id,
    status: "menu",
    direction: "inbound",
    phone_number: "+254711000001",
    customer_name: "Mary Atieno",
    dialled: "+254711000000",
    language: null,
    menu: "language",
    queue: null,
    department: null,
    priority: 0,
    agent_id: null,
    extension: null,
    started_at: at(0),
    answered_at: at(0),
    queued_at: null,
    offered_at: null,
    connected_at: null,
    ended_at: null,
    duration: null,
    forwarded_to: null,
    callback_of: null,
    called_back_by: null,
    rating: null,
    ending: null,
    ...about,
  });
}

const queued = { status: "queued", queue: "sales", menu: null, queued_at: at(10) } as const;
const talking = {
  ...queued,
  status: "in_progress",
  agent_id: "AGT-001",
  offered_at: at(20),
  connected_at: at(22),
} as const;

type Kind = "call:new" | "call:updated" | "call:routed" | "call:ended";
const about = (type: Kind, seconds: number, data: Call): Update => ({
  type,
  seq: 1,
  at: at(seconds),
  data: { ...data, fact: "some", facts: ["some"] },
});
const snapshot = (calls: Call[], agents: WireAgent[]): Update => ({
  type: "snapshot",
  seq: 2,
  at: at(0),
  data: {
    calls,
    agents,
    tickets: [],
    queues: [
      { queue: "sales", title: "Sales", weight: 0, waiting: 0 },
      { queue: "support", title: "Support", weight: 0, waiting: 0 },
    ],
    parts: {
      asterisk: { state: "up", since: at(0) },
      desk: { state: "up", since: at(0) },
      jobs: { state: "up", since: at(0) },
      store: { state: "up", since: at(0) },
      journal: { state: "up", since: at(0) },
    },
  },
});
const after = (...updates: Update[]): BoardState =>
  updates.reduce(apply, { ...emptyBoard, connected: true });

const heading: Heading = {
  url: "http://127.0.0.1:8000",
  username: "admin",
  password: "a-password",
  sip: "127.0.0.1:5160",
  extensionsCommand: "npm run kituo -- extensions --secrets",
  startedAt: start,
  callsPerMinute: 6,
  notice: null,
};

function drawn(board: BoardState, seconds: number, columns = 80, rows = 30): string[] {
  return boardLines(board, heading, { columns, rows }, start + seconds * 1000).map((line) =>
    paint(line, false),
  );
}
const lineWith = (lines: readonly string[], word: string): string =>
  lines.find((line) => line.includes(word)) ?? `no line with ${word}`;

describe("the demo's board", () => {
  it("says where the dashboard is, how to sign in and how to end it", () => {
    const top = drawn(after(snapshot([], [])), 0)
      .slice(0, 4)
      .join("\n");
    for (const word of ["http://127.0.0.1:8000", "admin a-password", "Ctrl-C", "--secrets"])
      expect(top).toContain(word);
  });

  it("counts who waits, and the longest wait goes on between two updates", () => {
    const board = after(
      snapshot([], [agent(1)]),
      about("call:new", 0, call("CALL-1")),
      about("call:updated", 10, call("CALL-1", queued)),
      about("call:routed", 10, call("CALL-1", queued)),
      about("call:updated", 30, call("CALL-2", { ...queued, queued_at: at(30) })),
    );
    expect(lineWith(drawn(board, 40), "Sales ")).toMatch(/Sales +2 +0:30 +0 +0 +0 +0$/);
    expect(lineWith(drawn(board, 75), "Sales ")).toMatch(/Sales +2 +1:05 /);
    expect(lineWith(drawn(board, 75), "Support")).toMatch(/Support +0 +- /);
  });

  it("shows whom an agent talks to and for how long, and the time left to wrap up", () => {
    const busy = { activity: "talking", call_id: "CALL-1", talking_since: at(22) } as const;
    const resting = { presence: "after_call", after_call_until: at(70) } as const;
    const board = after(
      snapshot([call("CALL-1", queued)], [agent(1), agent(2), agent(3, { presence: "offline" })]),
      about("call:updated", 22, call("CALL-1", talking)),
      { type: "agent:status_changed", seq: 4, at: at(22), data: agent(1, busy) },
      { type: "agent:status_changed", seq: 5, at: at(60), data: agent(2, resting) },
    );
    const lines = drawn(board, 65);
    expect(lineWith(lines, "1001")).toMatch(/Agent 1 +talking +0:43 +1 taken +Mary Atieno +Sales$/);
    expect(lineWith(lines, "1002")).toMatch(/wrap-up +0:05/);
    expect(lineWith(lines, "Agents")).toContain("1 signed out");
    expect(lines.join("\n")).not.toContain("1003");
  });

  it("counts endings, and a new snapshot takes nothing of that back", () => {
    const end = (
      id: string,
      reason: string,
      result: "completed" | "abandoned",
      more = {},
    ): Update =>
      about("call:ended", 82, {
        ...call(id, { ...queued, ...more }),
        status: "ended",
        ended_at: at(82),
        ending: { result, reason, by: "caller" },
      });
    const board = after(
      snapshot([], [agent(1)]),
      about("call:updated", 22, call("CALL-1", talking)),
      about("call:updated", 23, call("CALL-1", talking)),
      end("CALL-1", "talked", "completed", talking),
      end("CALL-2", "hung_up_waiting", "abandoned"),
      end("CALL-3", "left_message", "completed"),
      snapshot([], [agent(1)]),
    );
    const lines = drawn(board, 90);
    expect(lineWith(lines, "Sales ")).toMatch(/Sales +0 +- +0 +1 +1 +1$/);
    expect(lines.at(-1)).toMatch(/1 answered +1 abandoned +1 message .* 0:12 mean wait/);
    expect(lineWith(lines, "talked")).toMatch(/talked 1:00 +Sales +Agent 1/);
    expect(lineWith(lines, "hung up")).toContain("hung up waiting");
    expect(statusLine(board, start)).toContain("answered 1, abandoned 1, messages 1");
    expect(summaryLines(board, 90_000)[0]).toContain("In 1:30: 1 answered, 1 abandoned");
  });

  it("fits any terminal, whatever callers are called", () => {
    const names = fc.string({ unit: "grapheme", maxLength: 60 });
    const calls = fc.array(
      fc.record({
        name: names,
        more: fc.constantFrom({}, queued, talking, { ...queued, status: "voicemail" } as const),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(
        fc.record({
          columns: fc.integer({ min: 1, max: 250 }),
          rows: fc.integer({ min: 1, max: 80 }),
        }),
        fc.integer({ min: 0, max: 20 }),
        calls,
        (size, agents, people) => {
          const board = after(
            snapshot(
              people.map(({ name, more }, index) =>
                call(`CALL-${index}`, { ...more, customer_name: name }),
              ),
              Array.from({ length: agents }, (_, index) => agent(index + 1)),
            ),
          );
          const lines = drawn(board, 100, size.columns, size.rows);
          expect(lines.length).toBeLessThanOrEqual(size.rows);
          for (const line of lines) expect(width(line)).toBeLessThanOrEqual(size.columns);
        },
      ),
    );
  });

  it("says how much there is no room for, and keeps its parts in place while calls come and go", () => {
    const many = Array.from({ length: 30 }, (_, index) => call(`CALL-${index}`, queued));
    const few = drawn(after(snapshot(many.slice(0, 1), [agent(1)])), 20);
    const full = drawn(after(snapshot(many, [agent(1)])), 20);
    expect(full.join("\n")).toMatch(/and \d+ more calls/);
    const place = (lines: string[]): number =>
      lines.findIndex((line) => line.includes("Last endings"));
    expect(place(full)).toBe(place(few));
  });

  it("does not let a caller's name reach the terminal as commands, and colours nothing when told not to", () => {
    const name = "\x1b[2JMary\x07\u202e Atieno";
    const board = after(snapshot([call("CALL-1", { ...queued, customer_name: name })], [agent(1)]));
    const lines = drawn(board, 20);
    expect(lines.join("\n")).toContain("[2JMary Atieno");
    for (const line of lines) expect(line).not.toMatch(/\p{C}/u);
    const coloured = boardLines(board, heading, { columns: 80, rows: 30 }, start).map((line) =>
      paint(line, true),
    );
    expect(coloured.join("\n")).toContain("\x1b[");
  });
});

describe("the demo's screen", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kituo-screen-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** A terminal of 40 by 10; what is written at once, as at the end, goes to a file. */
  function terminal(file: string) {
    const written: string[] = [];
    const stream = new PassThrough().on("data", (chunk: Buffer) => written.push(chunk.toString()));
    const fd = openSync(file, "w");
    return { written, fd, output: Object.assign(stream, { fd, columns: 40, rows: 10 }) };
  }

  it("writes what has changed and nothing else, and gives the terminal back", async () => {
    const file = join(folder, "end");
    const { written, output, fd } = terminal(file);
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: vi.fn() });
    const keys: string[] = [];
    const screen = openScreen(output, input, false, (key) => keys.push(key));
    expect(screen.size()).toEqual({ columns: 39, rows: 10 });
    screen.draw([[span("one")], [span("two")]]);
    written.length = 0;
    screen.draw([[span("one")], [span("three")]]);
    expect(written).toHaveLength(1);
    expect(written[0]).toContain("three");
    expect(written[0]).not.toContain("one");
    screen.draw([[span("one")], [span("three")]]);
    expect(written).toHaveLength(1);

    output.emit("resize");
    screen.draw([[span("one")]]);
    expect(written.join("")).toContain("one");

    input.write("+\x03");
    await until("the keys have come", () => keys.length === 2);
    expect(keys).toEqual(["+", "\x03"]);

    screen.close();
    screen.close();
    closeSync(fd);
    expect(readFileSync(file, "utf8")).toBe("\x1b[?25h\x1b[?1049l");
    expect(input.setRawMode.mock.calls).toEqual([[true], [false]]);
    written.length = 0;
    screen.draw([[span("late")]]);
    expect(written).toEqual([]);
  });
});

describe("the demo's callers", () => {
  it("dial the hotline, hang up in the end and press keys in time to be heard", () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        (numbers) => {
          const random = (): number => numbers.next().value ?? 0;
          const { habit, caller } = makeUpPerson(random);
          expect(caller.called).toBe("+254711000000");
          expect(caller.number).toMatch(/^\+254711\d{6}$/);
          const waits = (caller.steps ?? []).map((step) => ("waitMs" in step ? step.waitMs : 0));
          const lastKey = waits.reduce((sum, wait) => sum + wait, 0);
          expect(caller.stay).toBeGreaterThan(lastKey);
          expect(caller.mediaMs).toBeGreaterThan(lastKey);
          if (habit === "leaving") expect(caller.stay).toBeLessThan(10_000);
        },
      ),
    );
  });

  it("come at the rate that was asked for, not at regular times", () => {
    const fractions = Array.from({ length: 1_000 }, (_, index) => (index + 0.5) / 1_000);
    const gaps = fractions.map((fraction) => nextArrival(6, () => fraction));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    expect(mean).toBeGreaterThan(9_900);
    expect(mean).toBeLessThan(10_100);
    expect(Math.max(...gaps)).toBeGreaterThan(60_000);
  });
});

describe("the wish that the demo ends", () => {
  it("counts a signal that came twice at once as one, and a later one as a second", async () => {
    let time = 0;
    let again = 0;
    const before = process.listeners("SIGTERM");
    const wish = listenForEnd(
      () => {
        again += 1;
      },
      () => time,
    );
    try {
      wish.tell();
      wish.tell();
      await wish.first;
      expect(again).toBe(0);
      time = 1_000;
      wish.tell();
      expect(again).toBe(1);
    } finally {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
        for (const listener of process.listeners(signal))
          if (listener === wish.tell && !before.includes(listener)) process.off(signal, listener);
    }
  });
});

const kituo = new URL("../../bin/kituo.mjs", import.meta.url).pathname;

describe("npm run demo", () => {
  let folder: string;
  beforeAll(async () => {
    await ensureRoot(() => undefined);
    folder = mkdtempSync(join(tmpdir(), "kituo-demo-"));
  }, 180_000);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  interface Started {
    readonly child: ChildProcess;
    said(): string;
    /** Waits until it has said so; tells all it has said when it never does. */
    says(what: RegExp): Promise<void>;
    readonly ended: Promise<number | null>;
  }
  function start(name: string, ...args: string[]): Started {
    const child = spawn(
      process.execPath,
      [kituo, "demo", "--any-ports", "--var", join(folder, name), ...args],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, npm_lifecycle_event: "" },
      },
    );
    let said = "";
    const listen = (chunk: Buffer): void => {
      said += chunk.toString();
    };
    child.stdout?.on("data", listen);
    child.stderr?.on("data", listen);
    const ended = new Promise<number | null>((resolve) => {
      child.once("exit", (status) => resolve(status));
    });
    const says = async (what: RegExp): Promise<void> => {
      try {
        await until(`it says ${what}`, () => {
          if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`);
          return what.test(said);
        });
      } catch (error) {
        throw new Error(said, { cause: error });
      }
    };
    return { child, said: () => said, says, ended };
  }
  const nothingLeft = (name: string): Promise<void> =>
    until("no process and no mount is left", () => {
      const word = join(folder, name);
      return processesWith(word).length === 0 && mountsWith(word).length === 0;
    });

  it("ends by itself with what it has seen when a time was given", async () => {
    const demo = start("short", "--seconds", "2", "--agents", "1");
    expect(await demo.ended, demo.said()).toBe(0);
    expect(demo.said()).toMatch(/Up in \d+\.\d s: http:/);
    expect(demo.said()).toMatch(/sign in {2}admin \w{24}/);
    expect(demo.said()).toMatch(/In 0:0\d: \d+ answered/);
    await nothingLeft("short");
  }, 60_000);

  it("lets people call agents who answer, refuses to be started twice, and ends in order on SIGTERM", async () => {
    const demo = start("ended", "--agents", "3", "--calls-per-minute", "60");
    await demo.says(/End it/);
    const second = start("ended");
    expect(await second.ended).toBe(1);
    expect(second.said()).toContain("already up");
    expect(second.said()).toContain("--var");
    await demo.says(/calls [1-9].* agents 3:/);
    await demo.says(/answered [1-9]/);
    demo.child.kill("SIGTERM");
    expect(await demo.ended, demo.said()).toBe(0);
    await nothingLeft("ended");
  }, 90_000);

  it("leaves no process and no mount when it is killed", async () => {
    const demo = start("killed", "--calls-per-minute", "60");
    await demo.says(/End it/);
    demo.child.kill("SIGKILL");
    await demo.ended;
    await nothingLeft("killed");
  }, 60_000);

  it("refuses numbers that make no sense", async () => {
    for (const [option, value] of [
      ["--agents", "21"],
      ["--agents", "none"],
      ["--calls-per-minute", "0"],
      ["--seconds", "1.5"],
    ] as const) {
      const refused = start("refused", option, value);
      expect(await refused.ended).toBe(1);
      expect(refused.said()).toContain("whole number from 1");
    }
  });
});
