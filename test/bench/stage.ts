import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Centre, centreSchema, extensions } from "../../src/domain/centre.ts";
import type { WireAgent } from "../../src/facade/contract/agent.ts";
import { bringUp, type Instance } from "../../src/ops/instance.ts";
import type { Account } from "../../src/ops/phones/agents.ts";
import type { PhoneSite } from "../../src/ops/phones/sipp.ts";
import { mediaNext } from "../../src/priority.ts";
import { type Used, usedMs } from "./processors.ts";

/** Who distributes the calls. */
export type Side = "kituo" | "peer";

/** What a caller dials to come to each of them. */
export const numbers: Readonly<Record<Side, string>> = { kituo: "7001", peer: "7002" };

const queue = "bench";

/**
 * Nothing is recorded, nobody has after-call work, and nobody is told her place, on either side: app_queue's queue is the
 * one that Kituo renders for its own absence, with the same members.
 */
const centre: Centre = centreSchema.parse({
  entryMenu: "start",
  numbers: [{ number: numbers.kituo, queue }],
  queues: [
    {
      name: queue,
      title: "Bench",
      ringMs: 15_000,
      wrapUpMs: 0,
      announce: { position: false },
      record: false,
    },
  ],
  agents: extensions.map((extension, index) => ({
    id: `AGT-${String(index + 1).padStart(3, "0")}`,
    name: `Agent ${extension}`,
    extension,
    queues: [queue],
  })),
});

/** app_queue's way in. `i` answers without waiting for audio, which would take half a second. */
const nativeDialplan = `
[from-trunk](+)
exten => ${numbers.peer},1,Answer(,i)
 same => n,Queue(${queue})
 same => n,Hangup()
`;

/** Callers may wait in it though no phone is there, as they may with Kituo while agents are signed in. */
const nativeQueue = `
[${queue}](+)
joinempty = yes
leavewhenempty = no
`;

/** One Asterisk with Kituo on it, on which both sides take turns. */
export interface Stage {
  readonly site: PhoneSite;
  readonly accounts: readonly Account[];
  /** Aborts when the benchmark is broken off. */
  readonly signal: AbortSignal;
  /** Settles when every phone is registered. */
  registered(): Promise<void>;
  /** Ends every call. */
  hangUp(): Promise<void>;
  /**
   * Clears the stage for a round of one side: nothing is left of the round before, its agents are ready. With phones
   * they can be rung; without, they are signed in and nobody is served.
   */
  prepare(side: Side, phones?: "registered" | "none"): Promise<void>;
  /** The processor time used so far by each part that serves this side's calls. */
  used(side: Side): Used;
  stop(): Promise<void>;
}

export async function openStage(
  report: (line: string) => void,
  signal: AbortSignal,
  environment: Readonly<Record<string, string>> = {},
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "kituo-bench-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  let instance: Instance;
  try {
    instance = await bringUp({
      varFolder: join(folder, "var"),
      centre,
      otherPorts: "any",
      simulator: true,
      server: true,
      report,
      environment: { KITUO_MENUS: join(import.meta.dirname, "menus"), ...environment },
    });
  } catch (error) {
    await remove();
    throw error;
  }
  const stage = stageOf(instance, signal, remove);
  try {
    const { etc } = instance.site.folders;
    await appendFile(join(etc, "extensions.conf"), nativeDialplan);
    await appendFile(join(etc, "queues.conf"), nativeQueue);
    for (const module of ["pbx_config.so", "app_queue.so"])
      await ari(instance, `asterisk/modules/${module}`, "PUT");
    return stage;
  } catch (error) {
    await stage.stop();
    throw error;
  }
}

function stageOf(instance: Instance, signal: AbortSignal, remove: () => Promise<void>): Stage {
  const api = kituoApi(instance);
  return {
    signal,
    site: {
      sandbox: instance.sandbox,
      sipAddress: instance.site.sipAddress,
      // What they note is what is measured: behind Asterisk they would be late to note it.
      niceness: mediaNext,
      sipPort: instance.ports.sip,
    },
    accounts: extensions.map((extension) => ({
      extension,
      password: instance.secrets.site.extensions[extension] ?? "",
    })),
    registered: () =>
      until("every phone is registered", async () => {
        const endpoints = (await ari(instance, "endpoints/PJSIP")) as {
          resource: string;
          state: string;
        }[];
        const online = endpoints.filter(
          ({ resource, state }) => extensions.includes(resource) && state === "online",
        );
        return online.length === extensions.length ? null : `${online.length} are`;
      }),
    async hangUp() {
      const channels = (await ari(instance, "channels")) as { id: string }[];
      // What has gone meanwhile cannot be ended, and is what we want.
      for (const { id } of channels)
        await ari(instance, `channels/${id}`, "DELETE").catch(() => undefined);
    },
    async prepare(side, phones = "registered") {
      await until("no channel and no conversation is left", () => leftover(instance));
      const presence = side === "kituo" ? "available" : "offline";
      const device = phones === "registered" ? "idle" : "unreachable";
      for (const { id } of centre.agents)
        await api("PATCH", `/api/agents/${id}/status?status=${presence}`);
      await until(`every agent of Kituo is ${presence} with her phone ${device}`, async () => {
        const { agents } = (await api("GET", "/api/agents")) as { agents: WireAgent[] };
        const others = agents.filter(
          (agent) =>
            agent.presence !== presence || agent.device !== device || agent.reservation !== "none",
        );
        const parts = others.map(
          (agent) => `${agent.presence} ${agent.device} ${agent.reservation}`,
        );
        return others.length === 0 ? null : parts.join(", ");
      });
      // The log, the tickets and the files of the last round's calls are still being written.
      await pause(1_000);
    },
    used(side) {
      const { asterisk, redis } = instance;
      const of = (part: { readonly pid: number } | null) =>
        part === null || (side === "peer" && part !== asterisk) ? 0 : usedMs([part.pid]);
      return { asterisk: of(asterisk), server: of(instance.server()), redis: of(redis) };
    },
    async stop() {
      await instance.stop();
      await remove();
    },
  };
}

/** What Asterisk still has of calls, in words; `null` for nothing. A waiting room is not of a call. */
async function leftover(instance: Instance): Promise<string | null> {
  const [channels, bridges] = (await Promise.all([
    ari(instance, "channels"),
    ari(instance, "bridges"),
  ])) as { id: string }[][];
  const talks = (bridges ?? []).filter(({ id }) => !id.startsWith("q-"));
  if (channels?.length === 0 && talks.length === 0) return null;
  return `${channels?.length} channels and ${talks.length} bridges are`;
}

/** Waits for a fact; `missing` says in words what is still in its way. */
async function until(fact: string, missing: () => Promise<string | null>): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await missing();
    if (found === null) return;
    if (Date.now() > deadline) throw new Error(`it did not come true that ${fact}: ${found}`);
    await pause(100);
  }
}

async function ari(instance: Instance, path: string, method = "GET"): Promise<unknown> {
  const { ariUser, ariPassword } = instance.secrets.site;
  const answer = await fetch(`http://127.0.0.1:${instance.ports.ari}/ari/${path}`, {
    method,
    headers: { authorization: `Basic ${btoa(`${ariUser}:${ariPassword}`)}` },
  });
  if (!answer.ok) throw new Error(`ARI answered ${answer.status} to ${method} ${path}`);
  const text = await answer.text();
  return text === "" ? null : JSON.parse(text);
}

function kituoApi(instance: Instance): (method: string, path: string) => Promise<unknown> {
  const admin = instance.secrets.users.find((user) => user.role === "admin");
  let token: Promise<string> | null = null;
  const ask = async (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ) => {
    const answer = await fetch(new URL(path, instance.url), {
      method,
      headers,
      body: body ?? null,
    });
    if (!answer.ok) throw new Error(`Kituo answered ${answer.status} to ${method} ${path}`);
    return answer.json();
  };
  const signIn = async (): Promise<string> => {
    const { username, password } = admin ?? {};
    const said = await ask(
      "POST",
      "/api/auth/login",
      { "content-type": "application/json" },
      JSON.stringify({ username, password }),
    );
    return (said as { token: string }).token;
  };
  return async (method, path) => {
    token ??= signIn();
    return ask(method, path, { authorization: `Bearer ${await token}` });
  };
}
