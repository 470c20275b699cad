import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { processName } from "../config.ts";
import type { Centre } from "../domain/centre.ts";
import { KituoError } from "../domain/errors.ts";
import {
  type AsteriskHome,
  asteriskHome,
  asteriskSite,
  recordingsFolder,
  startAsterisk,
} from "./asterisk.ts";
import { asteriskVersion, chooseAsterisk } from "./binary.ts";
import { renderAsterisk } from "./config/render.ts";
import type { Site } from "./config/site.ts";
import { home, opsEnvironment } from "./environment.ts";
import type { Part } from "./part.ts";
import { type Ports, pickPorts } from "./ports.ts";
import { buildPrompts } from "./prompts/build.ts";
import { redisUrl, startRedis } from "./redis.ts";
import { ensureRoot } from "./root.ts";
import { openSandbox, type Sandbox } from "./sandbox.ts";
import { ensureSecrets, type Secrets, secretsFile } from "./secrets.ts";
import { startServer } from "./server.ts";
import { Standby } from "./standby.ts";
import { readState, removeState, startOf, writeState } from "./state.ts";

export interface BringUpOptions {
  /** Everything of this instance is kept here. */
  readonly varFolder: string;
  readonly centre: Centre;
  /** Ports that somebody asked for by number. */
  readonly ports?: Partial<Ports>;
  /** How the other ports are found: near the usual numbers, or anywhere (tests side by side). */
  readonly otherPorts?: "usual" | "any";
  /** What the web pages and SIP bind to; the loopback address when nothing is said. */
  readonly webAddress?: string;
  readonly sipAddress?: string;
  /** Lets in callers from 127.0.0.2, where simulated ones call from. */
  readonly simulator?: boolean;
  /** Whether the server process is started too; {@link Instance.startServer} does it later. */
  readonly server?: boolean;
  /** Added to the server's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the built prompts lie as `sounds/` and `moh/`; the repository's own when nothing is said. */
  readonly builtPrompts?: string;
  readonly report?: (line: string) => void;
}

/** Redis, Asterisk and perhaps the server, running, with ports and secrets of their own. */
export interface Instance {
  readonly url: string;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly site: Site;
  readonly centre: Centre;
  readonly redisUrl: string;
  readonly recordings: string;
  /** For test phones, sound tools and the like; of the private root. */
  readonly sandbox: Sandbox;
  readonly asterisk: Part;
  /** Null when the environment names a Redis. */
  readonly redis: Part | null;
  /** Start one that has ended again, on its port and with its data. */
  restartAsterisk(): Promise<void>;
  restartRedis(): Promise<void>;
  /** The server process, when it runs. */
  server(): Part | null;
  /** What a server process of this instance is configured with. */
  serverEnvironment(): NodeJS.ProcessEnv;
  startServer(): Promise<Part>;
  /** Settles with the first program that ends without having been stopped. */
  readonly broken: Promise<Part>;
  /** Sets what is told of each program that ends, or has ended, without having been stopped. */
  onEnded(handler: (part: Part) => void): void;
  /** Writes the state file anew, so that it names the programs that run now. */
  note(): Promise<void>;
  /** Ends everything, the server first. Idempotent. */
  stop(): Promise<void>;
}

/** Built once for all instances of a clone; what is made from the same words is not made again. */
export const builtPromptsFolder = join(home, "var/prompts");

/** The trunk that simulated callers call from, an address of this machine that nothing else uses. */
const simulatorTrunk = { name: "simulator", host: "127.0.0.2", register: false } as const;

/** Brings up an instance; when any of it fails, what had already started is ended before this rejects. */
export async function bringUp(options: BringUpOptions): Promise<Instance> {
  const { varFolder } = options;
  const report = options.report ?? (() => undefined);
  const env = opsEnvironment();
  const already = readState(varFolder);
  if (already !== null)
    throw new KituoError("conflict", `Kituo is already up in ${varFolder}, at ${already.url}.`, [
      "`kituo down` ends it.",
    ]);
  const choice = await chooseAsterisk(env);
  const sandbox = openSandbox(await ensureRoot(report));
  await mkdir(varFolder, { recursive: true });

  const centre: Centre = options.simulator
    ? { ...options.centre, trunks: [...options.centre.trunks, simulatorTrunk] }
    : options.centre;
  const webAddress = options.webAddress ?? "127.0.0.1";
  const sipAddress = options.sipAddress ?? "127.0.0.1";
  const [secrets, ports] = await Promise.all([
    ensureSecrets(varFolder, centre, env.all),
    pickPorts({
      named: options.ports ?? {},
      others: options.otherPorts ?? "usual",
      addresses: {
        http: webAddress,
        sip: sipAddress,
        ari: "127.0.0.1",
        ami: "127.0.0.1",
        redis: "127.0.0.1",
      },
    }),
  ]);
  const asteriskFolder = join(varFolder, "asterisk");
  const asteriskAt: AsteriskHome = asteriskHome(choice, () => sandbox);
  const site = asteriskSite(asteriskAt, {
    folder: asteriskFolder,
    ports,
    sipAddress,
    secrets: secrets.site,
  });
  const files = renderAsterisk(centre, site);
  // JSON is YAML too, so the server reads this as it would read kituo.yaml.
  const centreFile = join(varFolder, "centre.json");
  await writeFile(centreFile, `${JSON.stringify(centre, null, 2)}\n`);

  const started: Part[] = [];
  const stops = new Set<Part>();
  let tellBroken: (part: Part) => void = () => undefined;
  const broken = new Promise<Part>((resolve) => {
    tellBroken = resolve;
  });
  const fallen: Part[] = [];
  const enders: ((part: Part) => void)[] = [];
  let server: Part | null = null;
  const standby = new Standby();
  let stopping: Promise<void> | null = null;
  const keep = (part: Part): Part => {
    started.push(part);
    void part.ended.then(() => {
      if (part === server) server = null;
      if (stops.has(part)) return;
      tellBroken(part);
      fallen.push(part);
      for (const tell of enders) tell(part);
    });
    // One that was being started again while all the rest was ended.
    if (stopping !== null) void end(part);
    return part;
  };
  const end = async (part: Part): Promise<void> => {
    stops.add(part);
    await part.stop();
  };

  const promptsFolder = env.all["KITUO_PROMPTS"] ?? join(home, "prompts");
  const builtPrompts = options.builtPrompts ?? builtPromptsFolder;
  const log = (name: string): string => join(varFolder, "log", `${name}.log`);
  const ownRedis = async (): Promise<Part> =>
    keep(
      await startRedis({
        sandbox,
        folder: join(varFolder, "redis"),
        port: ports.redis,
        password: secrets.redisPassword,
        log: log("redis"),
      }),
    );
  const ownAsterisk = async (): Promise<Part> =>
    keep(
      await startAsterisk({
        home: asteriskAt,
        folder: asteriskFolder,
        site,
        files,
        builtPrompts,
        log: log("asterisk"),
      }),
    );
  const starting = [
    env.redisUrl === undefined ? ownRedis() : Promise.resolve(null),
    buildPrompts({ sandbox, promptsFolder, outFolder: join(builtPrompts, "sounds"), report }).then(
      ownAsterisk,
    ),
  ] as const;
  let [redis, asterisk] = await settle(starting, started, end);

  const usedRedis = env.redisUrl ?? redisUrl(ports.redis, secrets.redisPassword);
  const url = `http://${webAddress === "0.0.0.0" ? "127.0.0.1" : webAddress}:${ports.http}`;
  const serverEnvironment = (): NodeJS.ProcessEnv => ({
    ...env.all,
    // By its folder, so that it is the same whatever port is free this time.
    KITUO_ID: env.all["KITUO_ID"] ?? processName(shortHash(varFolder)),
    KITUO_VAR: varFolder,
    KITUO_CENTRE: centreFile,
    KITUO_HOST: webAddress,
    KITUO_PORT: String(ports.http),
    KITUO_SECRETS: secretsFile(varFolder),
    KITUO_MENUS: env.all["KITUO_MENUS"] ?? join(home, "dialplan/menus"),
    KITUO_PROMPTS: promptsFolder,
    REDIS_URL: usedRedis,
    STORE_URL: env.storeUrl ?? `sqlite:${join(varFolder, "kituo.db")}`,
    ARI_URL: `http://127.0.0.1:${ports.ari}/ari`,
    ARI_USER: secrets.site.ariUser,
    ARI_PASSWORD: secrets.site.ariPassword,
    AMI_HOST: "127.0.0.1",
    AMI_PORT: String(ports.ami),
    AMI_USER: secrets.site.amiUser,
    AMI_PASSWORD: secrets.site.amiPassword,
    ...options.environment,
  });

  const startedAt = new Date().toISOString();
  const note = async (): Promise<void> => {
    if (stopping !== null) return;
    await writeState(varFolder, {
      url,
      sip: { host: sipAddress, port: ports.sip },
      ports: { ...ports, redis: redis === null ? null : ports.redis },
      asterisk: { version: await versionOf(asteriskAt), folder: asteriskFolder },
      keeper: { pid: process.pid, started: startOf(process.pid) ?? "" },
      pids: {
        asterisk: asterisk.pid,
        ...(redis === null ? {} : { redis: redis.pid }),
        ...(server === null ? {} : { server: server.pid }),
      },
      files: {
        var: varFolder,
        secrets: secretsFile(varFolder),
        centre: centreFile,
        // Where the server keeps them; Asterisk's own folder holds those of calls under way.
        recordings: join(varFolder, "recordings"),
        logs: { asterisk: log("asterisk"), redis: log("redis"), server: log("server") },
      },
      startedAt,
    });
  };
  const instance: Instance = {
    url,
    ports,
    secrets,
    site,
    centre,
    redisUrl: usedRedis,
    recordings: recordingsFolder(site),
    sandbox,
    get asterisk() {
      return asterisk;
    },
    get redis() {
      return redis;
    },
    restartAsterisk: async () => {
      asterisk = await ownAsterisk();
      await note();
    },
    restartRedis: async () => {
      redis = await ownRedis();
      await note();
    },
    server: () => server,
    serverEnvironment,
    startServer: async () => {
      const environment = serverEnvironment();
      server = keep(await startServer({ environment, url, log: log("server") }, standby));
      if (stopping !== null) await standby.stop();
      await note();
      return server;
    },
    broken,
    onEnded: (handler) => {
      enders.push(handler);
      for (const part of fallen) handler(part);
    },
    note,
    stop: () => {
      stopping ??= (async () => {
        await standby.stop();
        if (server !== null) await end(server);
        for (const part of started.toReversed()) await end(part);
        await removeState(varFolder);
      })();
      return stopping;
    },
  };
  try {
    await (options.server ? instance.startServer() : note());
  } catch (error) {
    await instance.stop();
    throw error;
  }
  return instance;
}

/** Waits for all of them; when one fails, ends what did start and rejects with that failure. */
async function settle<T extends readonly Promise<unknown>[]>(
  starting: T,
  started: readonly Part[],
  end: (part: Part) => Promise<void>,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(starting);
  try {
    return (await Promise.all(starting)) as { -readonly [K in keyof T]: Awaited<T[K]> };
  } catch (error) {
    await Promise.all(started.map(end));
    throw error;
  }
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

const versions = new WeakMap<Sandbox, Promise<string>>();

async function versionOf({ sandbox, program }: AsteriskHome): Promise<string> {
  const known = versions.get(sandbox) ?? askVersion(sandbox, program);
  versions.set(sandbox, known);
  return known;
}

async function askVersion(sandbox: Sandbox, program: string): Promise<string> {
  const printed =
    sandbox.root === "/"
      ? (await promisify(execFile)(program, ["-V"])).stdout
      : await sandbox.run(program, ["-V"]);
  return asteriskVersion(printed) ?? "unknown";
}
