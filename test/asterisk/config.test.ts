import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { readCentre } from "../../src/config.ts";
import {
  asteriskHome,
  asteriskSite,
  recordingsFolder,
  startAsterisk,
} from "../../src/ops/asterisk.ts";
import { chooseAsterisk } from "../../src/ops/binary.ts";
import { renderAsterisk } from "../../src/ops/config/render.ts";
import type { Site } from "../../src/ops/config/site.ts";
import { opsEnvironment } from "../../src/ops/environment.ts";
import type { Part } from "../../src/ops/part.ts";
import { startAgents, unregister } from "../../src/ops/phones/agents.ts";
import { type Caller, callIn, outsideAddress } from "../../src/ops/phones/callers.ts";
import type { PhoneSite, Sipp } from "../../src/ops/phones/sipp.ts";
import { pickPorts } from "../../src/ops/ports.ts";
import { buildPrompts } from "../../src/ops/prompts/build.ts";
import { ensureRoot } from "../../src/ops/root.ts";
import { openSandbox } from "../../src/ops/sandbox.ts";
import { completeSecrets } from "../../src/ops/secrets.ts";
import { type AmiClient, createAmiClient } from "../../src/telephony/ami/client.ts";
import { nativeCalls, tellAlive } from "../../src/telephony/ari/native.ts";
import { quietLog } from "../telephony/log.ts";

/** The configuration and the prompts that the repository ships, on a real Asterisk, with no server or a failing one. */
const repository = join(import.meta.dirname, "../..");
const loopback = "127.0.0.1";
let folder = "";
let site: Site;
let phones: PhoneSite;
let asterisk: Part;
let startMs = 0;
const running = new Set<Sipp>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kituo-config-"));
  // Asterisk's own user has to get at what lies below.
  await chmod(folder, 0o755);
  const media = join(folder, "media");
  const sandbox = openSandbox(await ensureRoot(() => undefined));
  await buildPrompts({
    sandbox,
    promptsFolder: join(repository, "prompts"),
    outFolder: join(media, "sounds"),
  });
  const centre = {
    ...readCentre(join(repository, "kituo.yaml")),
    trunks: [{ name: "simulator", host: outsideAddress, register: false }],
    holdMs: 2_000,
  };
  const ports = await pickPorts({
    named: {},
    others: "any",
    addresses: { http: loopback, sip: loopback, ari: loopback, ami: loopback, redis: loopback },
  });
  const home = asteriskHome(await chooseAsterisk(opsEnvironment()), () => sandbox);
  const { site: secrets } = completeSecrets(null, centre, {});
  const place = { folder: join(folder, "asterisk"), ports, sipAddress: loopback, secrets };
  site = asteriskSite(home, place);
  phones = { sandbox, sipAddress: loopback, sipPort: ports.sip };
  const from = performance.now();
  asterisk = await startAsterisk({
    home,
    folder: place.folder,
    site,
    files: renderAsterisk(centre, site),
    builtPrompts: media,
    log: join(folder, "asterisk.log"),
  });
  startMs = performance.now() - from;
});

afterEach(async () => {
  for (const sipp of running) await sipp.stop();
  running.clear();
  for (const channel of await channels()) await ari("DELETE", `channels/${channel.id}`);
  await eventually(async () => (await channels()).length === 0);
});

afterAll(async () => {
  await asterisk?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Channel {
  readonly id: string;
  readonly state: string;
  readonly name: string;
  readonly dialplan: {
    readonly context: string;
    readonly app_name: string;
    readonly app_data: string;
  };
}

const authorization = () => `Basic ${btoa(`${site.secrets.ariUser}:${site.secrets.ariPassword}`)}`;

async function ari(method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`http://${loopback}:${site.httpPort}/ari/${path}`, {
    method,
    headers: { authorization: authorization(), "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return text === "" ? null : JSON.parse(text);
}

const channels = async () => (await ari("GET", "channels")) as readonly Channel[];

/** Settles when something holds; a fact that never comes fails the test by its own time limit. */
async function eventually<T>(look: () => Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    await pause(25);
  }
}

/** The caller's channel when it runs an application of the dialplan. */
const inApplication = (name: string) =>
  eventually(async () => (await channels()).find(({ dialplan }) => dialplan.app_name === name));

async function call(caller: Partial<Caller> = {}): Promise<Sipp> {
  const sipp = await callIn(phones, {
    called: "+254711000001",
    number: "+254722000001",
    ...caller,
  });
  running.add(sipp);
  return sipp;
}

const final = (sipp: Sipp) =>
  sipp.message(({ method, status }) => method === "INVITE" && (status ?? 0) >= 200);

/** A server of the worst kind: it claims each call, does one thing with it, and is not heard of again. */
async function claimOne(then: (channel: string) => Promise<unknown>) {
  const socket = new WebSocket(`ws://${loopback}:${site.httpPort}/ari/events?app=kituo-test`, {
    headers: { authorization: authorization() },
  });
  const claimed: { args: readonly string[]; caller: { name: string; number: string } }[] = [];
  const waiting: (() => void)[] = [];
  socket.on("message", (data: Buffer) => {
    const event = JSON.parse(data.toString("utf8"));
    if (event.type === "CallBroadcast")
      void ari("POST", `events/claim?channelId=${event.channel.id}&application=kituo-test`);
    if (event.type !== "StasisStart") return;
    void then(event.channel.id).then(() => {
      claimed.push({ args: event.args, caller: event.channel.caller });
      waiting.shift()?.();
    });
  });
  await once(socket, "open");
  return {
    claimed,
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
    async die() {
      socket.terminate();
      await once(socket, "close");
      await eventually(async () => ((await ari("GET", "applications")) as unknown[]).length === 0);
    },
  };
}

const set = (channel: string, name: string, value: string) =>
  ari("POST", `channels/${channel}/variable?variable=${name}&value=${value}`);

/** A channel's variable, or a global one, as a number. */
async function variable(channel: string | null, name: string): Promise<number> {
  const of = channel === null ? "asterisk" : `channels/${channel}`;
  const answer = (await ari("GET", `${of}/variable?variable=${name}`)) as { value: string };
  return Number(answer.value);
}

/** Says what a server that lives says twice a second. */
async function alive(): Promise<void> {
  await tellAlive({
    async tell(name, input) {
      const [method = "", path = ""] = name.split(" ");
      const { query = {} } = input as { query?: Record<string, string> };
      const value = await ari(method, `${path.slice(1)}?${new URLSearchParams(query).toString()}`);
      return { value: value as never };
    },
  });
}

async function manager(): Promise<AmiClient> {
  const { amiUser, amiPassword } = site.secrets;
  const client = createAmiClient({
    host: loopback,
    port: site.amiPort,
    user: amiUser,
    password: amiPassword,
    log: quietLog,
    events: [],
    onEvent: () => undefined,
    onReady: () => Promise.resolve(),
  });
  await client.start();
  return client;
}

describe("Asterisk with the shipped configuration", () => {
  it("starts in about a second, without a warning or an error", async () => {
    expect(startMs).toBeLessThan(5_000);
    const log = await readFile(join(site.folders.log, "messages.log"), "utf8");
    expect(log.split("\n").filter((line) => /WARNING|ERROR/.test(line))).toEqual([]);
  });

  it("answers and takes a message when there is neither a server nor an agent", async () => {
    const caller = await call();
    expect((await final(caller)).status).toBe(200);
    const channel = await inApplication("Record");
    expect(channel.dialplan.app_data).toBe(
      `${recordingsFolder(site)}/fallback/${channel.id}.wav,5,120,kq`,
    );
  });

  it("rings an agent natively when there is no server, with music until she answers", async () => {
    const accounts = [{ extension: "1001", password: site.secrets.extensions["1001"] ?? "" }];
    const agent = await startAgents(phones, { accounts, ring: 500, then: "answer" });
    running.add(agent);
    const caller = await call();
    expect((await final(caller)).status).toBe(200);
    expect((await inApplication("Queue")).dialplan.app_data).toContain("fallback");
    await agent.message(({ method, status }) => method === "ACK" && status === undefined);
    await caller.hangup();
    await agent.message(({ method, status }) => method === "BYE" && status === undefined);
    await unregister(phones, accounts);
  });

  it("takes the call of a server that died on, into the queue where that server had put it", async () => {
    const accounts = [{ extension: "1002", password: site.secrets.extensions["1002"] ?? "" }];
    const agent = await startAgents(phones, { accounts, ring: 500, then: "ignore" });
    running.add(agent);
    const server = await claimOne(async (channel) => {
      await ari("POST", `channels/${channel}/variable?variable=KITUO_QUEUE&value=support`);
      await ari("POST", `channels/${channel}/answer`);
      await ari("POST", `channels/${channel}/variable?variable=TIMEOUT(absolute)&value=1`);
    });
    const taken = server.next();
    await call();
    await taken;
    await server.die();
    expect((await inApplication("Queue")).dialplan.app_data).toContain("support");
    await unregister(phones, accounts);
  });

  it("offers a caller again whom it holds, to a server that says that it lives, and holds her on when that dies too", async () => {
    const caller = await call();
    expect((await final(caller)).status).toBe(200);
    const held = await inApplication("Wait");
    const server = await claimOne(async (channel) => {
      expect(await variable(channel, "TIMEOUT(absolute)")).toBeGreaterThan(10);
      await set(channel, "TIMEOUT(absolute)", "1");
    });
    const taken = server.next();
    await alive();
    await taken;
    expect(server.claimed[0]?.args).toEqual(["outside", "+254711000001", "again"]);
    await server.die();
    // The seconds of the switch count as held, so her time is over.
    const queued = await eventually(async () =>
      (await channels()).find(({ dialplan }) =>
        ["Queue", "Playback", "Record"].includes(dialplan.app_name),
      ),
    );
    expect(queued.id).toBe(held.id);
    expect(await variable(held.id, "KITUO_HELD")).toBeGreaterThan(15);
  });

  it("keeps when a call ended that a server held, but only when that server is silent", async () => {
    const server = await claimOne(async (channel) => {
      await ari("POST", `channels/${channel}/answer`);
    });
    const ends = async (): Promise<string> => {
      const taken = server.next();
      const caller = await call();
      await taken;
      const [channel] = await channels();
      await caller.hangup();
      await eventually(async () => (await channels()).length === 0);
      return channel?.id ?? "";
    };
    await alive();
    const seen = await ends();
    await eventually(async () => (await variable(null, "KITUO_ALIVE")) + 1_500 < Date.now());
    const unseen = await ends();
    await server.die();
    const ami = await manager();
    const calls = await nativeCalls(ami, quietLog);
    ami.close();
    const kept = calls.filter(({ channel }) => channel === unseen || channel === seen);
    expect(kept).toMatchObject([{ channel: unseen, takenAt: null }]);
    expect(Date.now() - (kept[0]?.endedAt ?? 0)).toBeLessThan(5_000);
  });

  it("keeps when a phone hung up whose server is silent", async () => {
    const accounts = [{ extension: "1003", password: site.secrets.extensions["1003"] ?? "" }];
    const agent = await startAgents(phones, { accounts, ring: 0, then: "answer", talk: 300 });
    running.add(agent);
    const server = await claimOne(() => Promise.resolve());
    const id = "CALL-00C0FFEE-1003-0a1b2c3d";
    // As the dialplan's kituo-agent does for a phone that a server rings.
    const variables = { "CHANNEL(hangup_handler_push)": "kituo-end,s,1" };
    await ari("POST", `channels/${id}?endpoint=PJSIP/1003&app=kituo-test`, { variables });
    const ami = await manager();
    await eventually(async () =>
      (await nativeCalls(ami, quietLog)).find(({ channel }) => channel === id),
    );
    ami.close();
    // Asterisk keeps the name for ever of whoever goes while a channel is just being taken from it.
    await eventually(async () => {
      const [app] = (await ari("GET", "applications")) as { readonly channel_ids: string[] }[];
      return app?.channel_ids.length === 0;
    });
    await server.die();
    await unregister(phones, accounts);
  });

  it("lets every dialled string and every caller's number reach the server whole or cleaned, and nothing else", async () => {
    const server = await claimOne((channel) => ari("DELETE", `channels/${channel}`));
    const cases = [
      { called: "T", args: ["outside", "T"] },
      { called: "h", args: ["outside", "h"] },
      { called: "*45", args: ["outside", "*45"] },
      { called: "a%2Cb%3Ac", args: ["outside", "abc"] },
      { called: "%5D", args: ["outside", "s"] },
    ];
    for (const { called, args } of cases) {
      const taken = server.next();
      await call({ called });
      await taken;
      expect(server.claimed.at(-1)?.args).toEqual(args);
    }
    const taken = server.next();
    await call({ from: `"odd" <sip:%D8%FF@${outsideAddress}>` });
    await taken;
    expect(server.claimed.at(-1)?.caller.number).toBe("");
    await server.die();
  });

  it("knows a phone by its password only, wherever it calls from", async () => {
    const caller = await call({ from: `<sip:1001@${outsideAddress}>` });
    expect((await final(caller)).status).toBe(401);
    expect(await channels()).toEqual([]);
  });
});
