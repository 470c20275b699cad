import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMemoryDesk } from "../../src/desk/memory.ts";
import type { Agent } from "../../src/domain/agent.ts";
import { type Part, type PartState, parts } from "../../src/domain/health.ts";
import type { AgentId } from "../../src/domain/ids.ts";
import { asAgentId, asQueueName } from "../../src/domain/ids.ts";
import type { Role } from "../../src/domain/user.ts";
import type { FacadeDeps } from "../../src/facade/http/deps.ts";
import { bindDoor } from "../../src/facade/http/door.ts";
import { startFacade } from "../../src/facade/http/server.ts";
import { createTokens, type Tokens } from "../../src/facade/http/token.ts";
import { openBoard } from "../../src/flows/board.ts";
import { cancelCallback } from "../../src/flows/cancel.ts";
import type { Job } from "../../src/ports/jobs.ts";
import type { Log } from "../../src/ports/log.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import { centre } from "./centre.ts";

export const tokenSecret = "0123456789abcdef0123456789abcdef";
export const nowAtStart = Date.parse("2026-11-20T08:00:00Z");

/** A facade on a port of its own over an in-memory desk and a real SQLite file, on a clock that tests move. */
export interface Harness {
  readonly deps: FacadeDeps;
  readonly base: string;
  readonly tokens: Tokens;
  readonly files: Map<string, Uint8Array>;
  readonly logged: { level: string; fields: object; message: string }[];
  /** The parts that are not up. */
  away: Partial<Record<Part, PartState>>;
  /** With which limits a drain was begun. */
  readonly drains: (number | null)[];
  /** The jobs that were asked for. */
  readonly asked: readonly Job[];
  now: number;
  tokenFor(role: Role, agent?: AgentId): Promise<string>;
  request(method: string, path: string, options?: RequestOptions): Promise<Response>;
  stop(): Promise<void>;
}

export interface RequestOptions {
  readonly as?: Role;
  readonly agent?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export async function startHarness(replace: Partial<FacadeDeps> = {}): Promise<Harness> {
  const folder = await mkdtemp(join(tmpdir(), "kituo-facade-"));
  const desk = openMemoryDesk();
  const store = openSqliteStore({ file: join(folder, "history.sqlite") });
  await desk.start();
  await store.start();
  await desk.enrol(
    centre.agents.map(({ id, extension, queues }) => ({
      id: asAgentId(id),
      extension,
      queues: queues.map(asQueueName),
    })),
    nowAtStart,
  );
  const logged: Harness["logged"] = [];
  const log = recordingLog(logged);
  const board = openBoard(log);
  const files = new Map<string, Uint8Array>();
  const tokens = createTokens(tokenSecret);
  const away: Harness["away"] = {};
  const harness = { now: nowAtStart, away };
  const drains: (number | null)[] = [];
  const clock = {
    now: () => harness.now,
    sleep: () => Promise.reject(new Error("the facade never sleeps")),
  };
  const asked: Job[] = [];
  const deps: FacadeDeps = {
    desk,
    store,
    board,
    archive: {
      keep: () => Promise.reject(new Error("the facade keeps no audio")),
      read: (file) => Promise.resolve(files.get(file) ?? null),
    },
    clock,
    log,
    centre,
    tokenSecret,
    origins: ["https://crm.test"],
    parts: () => {
      const health = parts.map((part) => [
        part,
        { state: harness.away[part] ?? "up", since: nowAtStart },
      ]);
      return Object.fromEntries(health);
    },
    violations: () => ({
      agent_in_two_calls: 0,
      reservation_without_call: 0,
      call_without_owner: 0,
      phone_state: 0,
    }),
    drain: {
      begin: (withinMs) => void drains.push(withinMs),
      state: () => ({ draining: drains.length > 0, calls: 2 }),
    },
    cancelCallback: (call) =>
      cancelCallback(call, { desk, jobs: { ask: async (job) => void asked.push(job) } }),
    setPresence: async (id, wish): Promise<Agent | null> => {
      const agent = await desk.setPresence(id, wish, clock.now());
      if (agent !== null) board.publish({ type: "agent", agent, at: clock.now() });
      return agent;
    },
    ...replace,
  };
  const facade = await startFacade(deps, await bindDoor({ host: "127.0.0.1", port: 0 }));
  const base = `http://127.0.0.1:${facade.port}`;
  const tokenFor = async (role: Role, agent: AgentId | null = null) =>
    (await tokens.issue({ username: `a-${role}`, role, agent }, harness.now)).token;
  return Object.assign(harness, {
    deps,
    base,
    tokens,
    files,
    logged,
    drains,
    asked,
    tokenFor,
    async request(method: string, path: string, options: RequestOptions = {}) {
      const headers: Record<string, string> = { ...options.headers };
      if (options.as !== undefined) {
        const agent = options.agent === undefined ? undefined : asAgentId(options.agent);
        headers["Authorization"] = `Bearer ${await tokenFor(options.as, agent)}`;
      }
      const { body } = options;
      if (body !== undefined) headers["Content-Type"] ??= "application/json";
      return fetch(`${base}${path}`, {
        method,
        headers,
        redirect: "error",
        ...(body === undefined
          ? {}
          : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
    },
    async stop() {
      await facade.stop();
      await desk.stop();
      await store.stop();
      await rm(folder, { recursive: true, force: true });
    },
  });
}

function recordingLog(logged: Harness["logged"], bound: object = {}): Log {
  const at = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, fields: { ...bound, ...fields }, message });
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => recordingLog(logged, { ...bound, ...fields }),
  };
}
