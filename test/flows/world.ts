import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMemoryDesk } from "../../src/desk/memory.ts";
import type { CallState } from "../../src/domain/call.ts";
import type { CallEvent } from "../../src/domain/call-fact.ts";
import { type Centre, centreSchema } from "../../src/domain/centre.ts";
import { type AgentId, asAgentId, asQueueName, type CallId } from "../../src/domain/ids.ts";
import { type Menu, menuSchema } from "../../src/domain/ivr.ts";
import { rulesOf } from "../../src/domain/routing/rules.ts";
import { AgentWatch, noteDevice } from "../../src/flows/agents.ts";
import { openBoard } from "../../src/flows/board.ts";
import { handleJob } from "../../src/flows/deadlines.ts";
import type { Deps } from "../../src/flows/deps.ts";
import { Dispatcher } from "../../src/flows/dispatch.ts";
import { Orders } from "../../src/flows/orders.ts";
import { Running } from "../../src/flows/running.ts";
import { takeCall } from "../../src/flows/take.ts";
import { openMemoryJobs } from "../../src/jobs/memory.ts";
import type { BoardEvent } from "../../src/ports/board.ts";
import type { Journal } from "../../src/ports/journal.ts";
import type { Log, LogFields } from "../../src/ports/log.ts";
import type { Store } from "../../src/ports/store.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import { VirtualClock } from "../../src/telephony/fake/clock.ts";
import type { FakeLeg } from "../../src/telephony/fake/leg.ts";
import { type FakeOptions, FakeTelephony } from "../../src/telephony/fake/telephony.ts";

/** A small centre: two queues, three agents. */
export const smallCentre: Centre = centreSchema.parse({
  entryMenu: "language",
  numbers: [{ number: "+254711000002", queue: "support" }],
  queues: [
    { name: "sales", title: "Sales" },
    { name: "support", title: "Support" },
  ],
  agents: [
    { id: "AGT-001", name: "Amina", extension: "1001", queues: ["support"] },
    { id: "AGT-002", name: "Brian", extension: "1002", queues: ["support", "sales"] },
    { id: "AGT-003", name: "Chausiku", extension: "1003", queues: ["sales"] },
  ],
});

const patience = {
  noInput: { afterMs: 5_000, tries: 2, then: { queue: "support" } },
  invalid: { prompt: "invalid-key", tries: 3, then: { hangup: "goodbye" } },
  error: { queue: "support" },
};
const smallMenus: Menu[] = [
  {
    menu: "language",
    prompts: ["choose-language"],
    keys: {
      "1": { menu: "department", language: "en" },
      "2": { menu: "department", language: "sw" },
    },
    ...patience,
  },
  {
    menu: "department",
    prompts: ["choose-department"],
    keys: { "1": { queue: "sales" }, "2": { queue: "support" }, "9": { repeat: true } },
    ...patience,
  },
].map((menu) => menuSchema.parse(menu));

/** A log that keeps what is worse than information, so that a test can say that there was none. */
export class KeptLog implements Log {
  readonly lines: { level: string; fields: LogFields; message: string }[] = [];
  debug(): void {}
  info(): void {}
  warn(fields: LogFields, message: string): void {
    this.lines.push({ level: "warn", fields, message });
  }
  error(fields: LogFields, message: string): void {
    this.lines.push({ level: "error", fields, message });
  }
  child(): Log {
    return this;
  }
}

export interface World {
  readonly clock: VirtualClock;
  readonly telephony: FakeTelephony;
  readonly deps: Deps;
  readonly log: KeptLog;
  readonly events: BoardEvent[];
  /** What became of each call. */
  states(): ReadonlyMap<CallId, CallState>;
  eventsOf(call: CallId): readonly CallEvent[];
  signIn(...agents: string[]): Promise<void>;
  status(agent: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** Kituo on a fake exchange, an in-memory desk and a clock that the test winds. */
export async function openWorld(
  options: {
    readonly centre?: Centre;
    readonly fake?: Omit<FakeOptions, "clock">;
    readonly store?: Store;
  } = {},
): Promise<World> {
  const pending = new Set<Promise<unknown>>();
  const clock = new VirtualClock(undefined, async () => {
    if (pending.size === 0) return false;
    await Promise.allSettled(pending);
    return true;
  });
  const telephony = new FakeTelephony({ clock, ...options.fake });
  const centre = options.centre ?? smallCentre;
  const log = new KeptLog();
  const desk = openMemoryDesk();
  const jobs = openMemoryJobs(clock, log);
  const folder = await mkdtemp(join(tmpdir(), "kituo-flows-"));
  const store = tracked(
    options.store ?? openSqliteStore({ file: join(folder, "kituo.db") }),
    pending,
  );
  const board = openBoard(log);
  const events: BoardEvent[] = [];
  const histories = new Map<CallId, CallEvent[]>();
  const latest = new Map<CallId, CallState>();
  board.subscribe((event) => {
    events.push(event);
    if (event.type !== "call") return;
    histories.set(event.event.call, [...(histories.get(event.event.call) ?? []), event.event]);
    latest.set(event.event.call, event.state);
  });
  const archive = new Map<string, Uint8Array>();
  const rules = rulesOf(centre);
  const ringMs = (name: string) =>
    centre.queues.find((queue) => queue.name === name)?.ringMs ?? 15_000;
  const owner = "kituo-test/2";
  const dispatcher = new Dispatcher({
    desk,
    jobs,
    clock,
    log,
    rules,
    chance: Math.random,
    owner,
    ringMs,
  });
  const menus = new Map(smallMenus.map((menu) => [menu.menu, menu]));
  const deps: Deps = {
    telephony,
    desk,
    jobs,
    store,
    journal: straightTo(store, log),
    board,
    clock,
    log,
    centre,
    rules,
    dispatcher,
    owner,
    lease: { mayAct: () => null },
    running: new Running(),
    orders: new Orders(),
    sender: { send: async () => ({ fault: "nobody is told" }) },
    archive: {
      keep: async (file, bytes) => {
        archive.set(file, bytes);
        return { bytes: bytes.length, sha256: "0".repeat(64) };
      },
      read: async (file) => archive.get(file) ?? null,
      remove: async (file) => void archive.delete(file),
    },
    menus: () => menus,
    promptText: (prompt, language) => `${language}: ${prompt}`,
    e164: (number) => (number.startsWith("+") ? number : null),
  };
  const watch = new AgentWatch(deps);
  desk.onChange(() => {
    dispatcher.wake();
    watch.changed();
  });
  jobs.onJob((job) => handleJob(job, deps));
  telephony.onCall((leg) => void takeCall(leg, deps));
  telephony.onDevice((change) => noteDevice(change, deps));
  await store.start();
  await desk.start();
  const enrolled = centre.agents.map(({ id, extension, queues }) => ({
    id: asAgentId(id),
    extension,
    queues: queues.map(asQueueName),
  }));
  await desk.enrol(enrolled, clock.now());
  await jobs.start();
  await telephony.start();
  return {
    clock,
    telephony,
    deps,
    log,
    events,
    states: () => latest,
    eventsOf: (call) => histories.get(call) ?? [],
    signIn: async (...agents) => {
      for (const agent of agents) {
        await desk.setPresence(asAgentId(agent), { is: "available" }, clock.now());
      }
    },
    status: async (agent) => await desk.agent(agent as AgentId),
    stop: async () => {
      await watch.stop();
      await jobs.stop();
      await desk.stop();
      await store.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** A journal with nothing between a fact and the store. */
function straightTo(store: Store, log: Log): Journal {
  let last: Promise<unknown> = Promise.resolve();
  return {
    onLines() {},
    async start() {},
    async stop() {},
    async keep(entry) {
      const kept = last.then(async () => {
        if (entry.type === "lines") return await store.transcripts.append(entry.call, entry.lines);
        await store.calls.append(entry.events, [entry.state]);
        return [];
      });
      last = kept.catch((error: unknown) => log.error({ err: error }, "the store took no entry"));
      await last;
    },
    async written() {
      await last;
    },
    async inherit() {},
    health: () => ({ state: "up", waiting: 0 }),
  };
}

/** Calls in from outside and presses keys one after another, each when the last was taken. */
export function dialIn(world: World, dialled = "+254711000001", keys = ""): FakeLeg {
  const leg = world.telephony.incoming({ from: "outside", dialled });
  for (const key of keys) leg.keys.put(key);
  return leg;
}

/** The same object, with every promise that its methods give kept in `pending` until it settles. */
function tracked<T extends object>(target: T, pending: Set<Promise<unknown>>): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name);
      if (typeof value === "object" && value !== null) return tracked(value, pending);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, object, args);
        if (!(result instanceof Promise)) return result;
        pending.add(result);
        void Promise.allSettled([result]).then(() => pending.delete(result));
        return result;
      };
    },
  });
}
