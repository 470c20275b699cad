import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCentre } from "../../src/config.ts";
import type { Centre } from "../../src/domain/centre.ts";
import { home } from "../../src/ops/environment.ts";
import { bringUp, type Instance } from "../../src/ops/instance.ts";
import {
  type Account,
  type AgentPhones,
  startAgents,
  unregister,
} from "../../src/ops/phones/agents.ts";
import { type Baresip, startBaresip } from "../../src/ops/phones/baresip.ts";
import {
  answerOutside,
  type Callee,
  type Caller,
  callIn,
  outsideAddress,
} from "../../src/ops/phones/callers.ts";
import type { PhoneSite, Sipp } from "../../src/ops/phones/sipp.ts";
import { Client, type Updates } from "./client.ts";
import { until } from "./until.ts";

export interface LabOptions {
  /** Changes the centre of kituo.yaml; by default phones ring 3 s and after-call work takes 1 s. */
  readonly centre?: (centre: Centre) => Centre;
  /** Without a server: what the native fallback is tested on. */
  readonly server?: boolean;
  /** A folder of menus instead of the usual ones. */
  readonly menus?: string;
  /** Added to the server's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The number that callers outside dial. */
export const mainNumber = "+254711000000";
/** The number that leads straight into the support queue. */
export const supportLine = "+254711000002";

/**
 * A whole contact centre for one test file: Redis, Asterisk and the server, as `kituo up` starts them, and telephones.
 * All of it ends with the process at the latest.
 */
export class Lab {
  readonly instance: Instance;
  readonly site: PhoneSite;
  readonly #folder: string;
  readonly #phones = new Map<Baresip | Sipp, readonly string[]>();
  #client: Client | null = null;
  #updates: Updates[] = [];

  private constructor(instance: Instance, folder: string) {
    this.instance = instance;
    this.#folder = folder;
    const { sandbox, site } = instance;
    this.site = { sandbox, sipAddress: site.sipAddress, sipPort: site.sipPort };
  }

  static async start(options: LabOptions = {}): Promise<Lab> {
    const folder = await mkdtemp(join(tmpdir(), "kituo-lab-"));
    const centre = readCentre(join(home, "kituo.yaml"));
    const instance = await bringUp({
      varFolder: folder,
      centre: (options.centre ?? quick)(centre),
      otherPorts: "any",
      simulator: true,
      server: options.server !== false,
      environment: {
        ...(options.menus === undefined ? {} : { KITUO_MENUS: options.menus }),
        ...options.environment,
      },
    });
    const lab = new Lab(instance, folder);
    if (options.server !== false) lab.#client = await lab.#admin();
    return lab;
  }

  /** Ends the server as a crash does; Asterisk and the telephones go on. */
  async killServer(): Promise<void> {
    const server = this.instance.server();
    if (server === null) throw new Error("this lab has no server");
    for (const updates of this.#updates) updates.close();
    this.#client = null;
    server.signal("SIGKILL");
    await server.ended;
  }

  /** The API, as its admin. */
  get api(): Client {
    if (this.#client === null) throw new Error("this lab has no server");
    return this.#client;
  }

  async startServer(): Promise<void> {
    await this.instance.startServer();
    this.#client = await this.#admin();
  }

  /** Everything that happens from now on, until the test's `clear`. */
  async watch(): Promise<Updates> {
    const updates = await this.api.updates();
    this.#updates.push(updates);
    return updates;
  }

  account(extension: string): Account {
    const password = this.instance.secrets.site.extensions[extension];
    if (password === undefined) throw new Error(`there is no extension ${extension}`);
    return { extension, password };
  }

  agentId(extension: string): string {
    const agent = this.instance.centre.agents.find((each) => each.extension === extension);
    if (agent === undefined) throw new Error(`extension ${extension} is no agent's`);
    return agent.id;
  }

  /** A telephone of an extension, registered; the server knows it when this settles. */
  async phone(extension: string, toneHz = 0): Promise<Baresip> {
    const phone = await startBaresip(this.site, {
      user: extension,
      password: this.account(extension).password,
      address: this.site.sipAddress,
      toneHz,
    });
    this.#phones.set(phone, [extension]);
    if (this.#client !== null) await this.reachable(extension);
    return phone;
  }

  /** Several telephones that treat every call alike. */
  async phones(
    extensions: readonly string[],
    behaviour: Omit<AgentPhones, "accounts">,
  ): Promise<Sipp> {
    const accounts = extensions.map((extension) => this.account(extension));
    const phones = await startAgents(this.site, { ...behaviour, accounts });
    this.#phones.set(phones, extensions);
    if (this.#client !== null)
      await Promise.all(extensions.map((extension) => this.reachable(extension)));
    return phones;
  }

  /** A telephone outside, of a human's freedom. */
  async outside(number: string, toneHz = 0): Promise<Baresip> {
    const phone = await startBaresip(this.site, {
      user: number,
      address: outsideAddress,
      toneHz,
    });
    this.#phones.set(phone, []);
    return phone;
  }

  /** Somebody outside who can be called over a trunk, and treats every call alike. */
  async callee(callee: Callee): Promise<Sipp> {
    const sipp = await answerOutside(this.site, callee);
    this.#phones.set(sipp, []);
    return sipp;
  }

  /** A caller outside who does what was planned. */
  async caller(caller: Caller): Promise<Sipp> {
    const sipp = await callIn(this.site, caller);
    this.#phones.set(sipp, []);
    return sipp;
  }

  /** Signs the agents of these extensions in; settles when each is free for a call. */
  async signIn(...extensions: readonly string[]): Promise<void> {
    for (const extension of extensions) {
      await this.api.setAgent(this.agentId(extension), "available");
      await this.available(extension);
    }
  }

  async available(extension: string): Promise<void> {
    await until(`${extension} free for a call`, async () => {
      const agent = await this.api.agent(this.agentId(extension));
      return agent.status === "available" && agent.reservation === "none";
    });
  }

  async reachable(extension: string): Promise<void> {
    await until(`${extension} registered`, async () => {
      const agent = await this.api.agent(this.agentId(extension));
      return agent.device !== "unreachable";
    });
  }

  /** What is left of calls: in Asterisk, at the desk, with the agents. Empty when all was given back. */
  async leftovers(): Promise<readonly string[]> {
    const [channels, bridges] = await Promise.all([
      this.ari<{ id: string; name: string }[]>("GET", "channels"),
      this.ari<{ id: string; bridge_type: string }[]>("GET", "bridges"),
    ]);
    const left = [
      ...channels.map((each) => `channel ${each.name} ${each.id}`),
      // A waiting room is kept for the next caller.
      ...bridges
        .filter((each) => each.bridge_type !== "holding")
        .map((each) => `bridge ${each.id}`),
    ];
    if (this.#client === null) return left;
    const [live, waiting, agents] = await Promise.all([
      this.api.liveCalls(),
      this.api.waiting(),
      this.api.agents(),
    ]);
    return [
      ...left,
      ...live.map((each) => `call ${each.call_id} ${each.status}`),
      ...waiting.map((each) => `waiting ${each.call_id}`),
      ...agents
        .filter((each) => each.reservation === "offered" || each.activity !== "none")
        .map((each) => `agent ${each.agent_id} ${each.reservation} ${each.activity}`),
    ];
  }

  /** Settles when nothing is left of calls; rejects with what is. */
  async nothingLeft(withinMs = 10_000): Promise<void> {
    let left: readonly string[] = [];
    await until(
      "the end of all calls",
      async () => {
        left = await this.leftovers();
        return left.length === 0;
      },
      withinMs,
    ).catch((error: unknown) => {
      throw new Error(`left over:\n  ${left.join("\n  ")}`, { cause: error });
    });
  }

  /** Ends the telephones and signs everybody out, for the next test. */
  async clear(): Promise<void> {
    for (const updates of this.#updates) updates.close();
    this.#updates = [];
    const extensions = [...this.#phones.values()].flat();
    await Promise.all([...this.#phones.keys()].map((phone) => phone.stop()));
    this.#phones.clear();
    const unique = [...new Set(extensions)];
    if (unique.length > 0)
      await unregister(
        this.site,
        unique.map((extension) => this.account(extension)),
      );
    if (this.#client === null) return;
    // A phone that was ended in a call cannot say so; a test that asserts `nothingLeft` has looked before.
    for (const { id } of await this.ari<{ id: string }[]>("GET", "channels"))
      await this.ari("DELETE", `channels/${id}`);
    await this.nothingLeft();
    for (const agent of await this.api.agents())
      if (agent.presence !== "offline") await this.api.setAgent(agent.agent_id, "offline");
    await until("all agents offline, all phones gone", async () =>
      (await this.api.agents()).every(
        (agent) =>
          agent.presence === "offline" &&
          agent.reservation !== "offered" &&
          (!unique.includes(agent.extension) || agent.device === "unreachable"),
      ),
    );
  }

  /** Asterisk itself, beside the server. */
  async ari<T>(method: string, path: string): Promise<T> {
    const { secrets, ports } = this.instance;
    const credentials = `${secrets.site.ariUser}:${secrets.site.ariPassword}`;
    const answer = await fetch(`http://127.0.0.1:${ports.ari}/ari/${path}`, {
      method,
      headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` },
      signal: AbortSignal.timeout(5_000),
    });
    const text = await answer.text();
    // What has gone meanwhile is as good as removed.
    if (answer.status === 404) return undefined as T;
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** Settles when Asterisk records under this name. */
  async recording(name: string): Promise<void> {
    await until(
      `recording ${name}`,
      async () =>
        (await this.ari("GET", `recordings/live/${encodeURIComponent(name)}`)) !== undefined,
      20_000,
    );
  }

  async stop(): Promise<void> {
    for (const updates of this.#updates) updates.close();
    await Promise.all([...this.#phones.keys()].map((phone) => phone.stop()));
    await this.instance.stop();
    await this.#noNumberLogged();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The callers of these tests have numbers in Kenya; none may stand in the server's log. */
  async #noNumberLogged(): Promise<void> {
    const told = (await this.#serverLog()).filter((line) => /\b254\d{9}\b/.test(line));
    if (told.length > 0) throw new Error(`numbers in the log:\n  ${told.join("\n  ")}`);
  }

  /** What the server logged as an error, so far. */
  async errorsLogged(): Promise<readonly string[]> {
    return (await this.#serverLog()).filter((line) => line.includes('"level":50,'));
  }

  async #serverLog(): Promise<readonly string[]> {
    const folder = join(this.#folder, "log");
    const files = existsSync(folder) ? await readdir(folder) : [];
    const logs = await Promise.all(
      files
        .filter((name) => name.startsWith("server"))
        .map((name) => readFile(join(folder, name), "utf8")),
    );
    return logs.join("\n").split("\n");
  }

  async #admin(): Promise<Client> {
    const admin = this.instance.secrets.users.find((user) => user.role === "admin");
    if (admin === undefined) throw new Error("there is no admin");
    return await Client.signIn(this.instance.url, admin.username, admin.password);
  }
}

/** Times of a centre in a hurry. */
function quick(centre: Centre): Centre {
  return {
    ...centre,
    queues: centre.queues.map((queue) => ({ ...queue, ringMs: 3_000, wrapUpMs: 1_000 })),
  };
}
