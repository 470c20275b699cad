import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMemoryDesk } from "../../src/desk/memory.ts";
import type { Agent } from "../../src/domain/agent.ts";
import { begin as beginCall } from "../../src/domain/call.ts";
import { type Part, type PartState, parts } from "../../src/domain/health.ts";
import type { AgentId, CallId } from "../../src/domain/ids.ts";
import { asAgentId, asChannelId, asQueueName, callIdFrom } from "../../src/domain/ids.ts";
import { type Order, refusalOf } from "../../src/domain/order.ts";
import type { Role } from "../../src/domain/user.ts";
import type { FacadeDeps } from "../../src/facade/http/deps.ts";
import { bindDoor } from "../../src/facade/http/door.ts";
import { startFacade } from "../../src/facade/http/server.ts";
import { createSessions, type Sessions } from "../../src/facade/http/sessions.ts";
import { createTokens, type SignedIn, tokenLifeMs } from "../../src/facade/http/token.ts";
import { openBoard } from "../../src/flows/board.ts";
import { cancelCallback } from "../../src/flows/cancel.ts";
import type { Origination } from "../../src/flows/originate.ts";
import { WebhookTeller } from "../../src/flows/webhooks.ts";
import { openNumbers } from "../../src/integrations/numbers/e164.ts";
import type { Job } from "../../src/ports/jobs.ts";
import type { Log } from "../../src/ports/log.ts";
import type { User } from "../../src/ports/store.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import { centre } from "./centre.ts";

export const tokenSecret = "0123456789abcdef0123456789abcdef";
export const nowAtStart = Date.parse("2026-11-20T08:00:00Z");

/** A facade on a port of its own over an in-memory desk and a real SQLite file, on a clock that tests move. */
export interface Harness {
  readonly deps: FacadeDeps;
  readonly base: string;
  readonly tokens: Sessions;
  readonly files: Map<string, Uint8Array>;
  readonly logged: { level: string; fields: object; message: string }[];
  /** The parts that are not up. */
  away: Partial<Record<Part, PartState>>;
  /** With which limits a drain was begun. */
  readonly drains: (number | null)[];
  /** The jobs that were asked for. */
  readonly asked: readonly Job[];
  /** The calls that were ordered. */
  readonly originations: readonly Origination[];
  /** What was asked of live calls. */
  readonly orders: { readonly call: CallId; readonly order: Order }[];
  now: number;
  /** A user with this name and role, and a session of hers. */
  signedIn(username: string, role: Role, agent?: AgentId | null): Promise<Who>;
  tokenFor(role: Role, agent?: AgentId): Promise<string>;
  request(method: string, path: string, options?: RequestOptions): Promise<Response>;
  stop(): Promise<void>;
}

/** Whom a token is for. */
export type Who = Omit<SignedIn, "expiresAt" | "scopes">;

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
  const away: Harness["away"] = {};
  const harness = { now: nowAtStart, away };
  const drains: (number | null)[] = [];
  const clock = {
    now: () => harness.now,
    sleep: () => Promise.reject(new Error("the facade never sleeps")),
  };
  const asked: Job[] = [];
  const orders: Harness["orders"] = [];
  const originations: Origination[] = [];
  const deps: FacadeDeps = {
    desk,
    store,
    board,
    archive: {
      keep: () => Promise.reject(new Error("the facade keeps no audio")),
      read: (file) => Promise.resolve(files.get(file) ?? null),
      remove: (file) => Promise.resolve(void files.delete(file)),
    },
    clock,
    log,
    centre,
    e164: openNumbers("KE"),
    tokenSecret,
    access: { tokenMs: tokenLifeMs, inviteCode: null },
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
    webhooks: new WebhookTeller({
      store,
      clock,
      jobs: { ask: async (job) => void asked.push(job) },
    }),
    originate: async (wish) => {
      originations.push(wish);
      const id = callIdFrom(Buffer.alloc(8, originations.length));
      const { number, name } = wish;
      const channel = asChannelId("order-1");
      return beginCall({
        type: "started",
        direction: "outbound",
        caller: number,
        callerName: name,
        dialled: number,
        channel,
        call: id,
        seq: 1,
        at: clock.now(),
      });
    },
    orderCall: async (call, order) => {
      const live = await desk.liveCall(call);
      if (live === null) return "gone";
      const refused = refusalOf(live.state, order);
      if (refused !== null) return { refused };
      orders.push({ call, order });
      return null;
    },
    setPresence: async (id, wish): Promise<Agent | null> => {
      const agent = await desk.setPresence(id, wish, clock.now());
      if (agent !== null) board.publish({ type: "agent", agent, at: clock.now() });
      return agent;
    },
    ...replace,
  };
  const facade = await startFacade(deps, await bindDoor({ host: "127.0.0.1", port: 0 }));
  const base = `http://127.0.0.1:${facade.port}`;
  const tokens = createSessions(deps, createTokens(tokenSecret), tokenLifeMs);
  const sessions = new Map<string, Promise<Who>>();
  const begin = async (
    username: string,
    role: Role,
    agent: AgentId | null = null,
  ): Promise<Who> => {
    const user = newUser({ username, role, agent });
    await store.users.add(user);
    const { session } = await tokens.begin(user);
    return { username, role, agent, session };
  };
  const tokenFor = async (role: Role, agent: AgentId | null = null) => {
    const key = `${role} ${agent}`;
    const who = sessions.get(key) ?? begin(`a-${role}`, role, agent);
    sessions.set(key, who);
    return (await tokens.issue(await who, harness.now)).token;
  };
  return Object.assign(harness, {
    deps,
    base,
    tokens,
    files,
    logged,
    drains,
    asked,
    orders,
    originations,
    signedIn: begin,
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
      tokens.stop();
      await desk.stop();
      await store.stop();
      await rm(folder, { recursive: true, force: true });
    },
  });
}

/** A user who has never signed in and has no password. */
export function newUser(about: Pick<User, "username" | "role"> & Partial<User>): User {
  return {
    passwordHash: "",
    agent: null,
    email: null,
    active: true,
    planMark: null,
    failures: 0,
    failedAt: null,
    createdAt: nowAtStart,
    ...about,
  };
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
