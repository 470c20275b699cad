import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Centre } from "../../src/domain/centre.ts";
import { serverProgram } from "../../src/ops/build.ts";
import { home } from "../../src/ops/environment.ts";
import { freePort } from "../../src/ops/ports.ts";
import { Client } from "../lab/client.ts";
import { Lab } from "../lab/lab.ts";
import { asteriskHas, type Census, census } from "./census.ts";
import { chaosCentre, menusFolder, type Seats } from "./centre.ts";
import { conclude } from "./conclude.ts";
import { Crowd, type Load } from "./crowd.ts";
import { breachesOf, lasting, told } from "./invariants.ts";
import { openPath, type Path } from "./path.ts";
import type { Verdict } from "./row.ts";
import { ServerProcess } from "./server.ts";
import { Troublemaker } from "./trouble.ts";

/** Where the logs of the last stage stay. */
const keptLogs = join(home, "var/chaos");

/** Between the two looks at a centre that must agree before something counts as wrong. */
const lookAgainMs = 700;

export interface StageOptions {
  readonly seats: Seats;
  readonly load: Load;
  /** Added to the environment of every server process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How many server processes share Redis, store and Asterisk; one when nothing is said. */
  readonly servers?: number;
  /** Whether the servers reach ARI by a path that can be cut. */
  readonly pathToAri?: boolean;
  /** Whether the servers can be made to have trouble with their clock, loop and disk. */
  readonly troubled?: boolean;
  /** Whether the server keeps everything on a disk of its own, a small one. */
  readonly smallDisk?: boolean;
  /** Changes of the centre. */
  readonly centre?: Partial<Centre>;
}

/** A centre under load whose parts can be broken: one named server process to begin with, a crowd of real telephones. */
export class Stage {
  readonly lab: Lab;
  readonly server: ServerProcess;
  readonly load: Load;
  readonly trouble: Troublemaker;
  readonly #seats: Seats;
  readonly others: readonly ServerProcess[];
  readonly #path: Path | null;
  #api: Client | null = null;
  #crowd: Crowd | null = null;

  private constructor(
    lab: Lab,
    servers: readonly [ServerProcess, ...ServerProcess[]],
    path: Path | null,
    trouble: Troublemaker,
    options: StageOptions,
  ) {
    this.trouble = trouble;
    const [server, ...others] = servers;
    this.lab = lab;
    this.server = server;
    this.others = others;
    this.#path = path;
    this.load = options.load;
    this.#seats = options.seats;
  }

  static async open(options: StageOptions): Promise<Stage> {
    const lab = await Lab.start({
      centre: () => chaosCentre(options.seats, options.centre),
      menus: menusFolder,
      server: false,
      environment: options.environment ?? {},
    });
    const { instance } = lab;
    const path = options.pathToAri ? await openPath(instance.ports.ari) : null;
    const trouble = new Troublemaker(instance.serverEnvironment()["KITUO_VAR"] ?? "");
    const reach = {
      ...(path === null ? {} : { ARI_URL: `http://127.0.0.1:${path.port}/ari` }),
      ...(options.troubled ? trouble.environment : {}),
    };
    const program = await serverProgram();
    const server = new ServerProcess(program, instance, "chaos-a", instance.ports.http, reach);
    if (options.smallDisk) server.useSmallDisk();
    const others: ServerProcess[] = [];
    for (let index = 1; index < (options.servers ?? 1); index += 1)
      others.push(
        new ServerProcess(
          program,
          instance,
          `chaos-${"abcd"[index]}`,
          await freePort("127.0.0.1"),
          reach,
        ),
      );
    const stage = new Stage(lab, [server, ...others], path, trouble, options);
    try {
      for (const each of [server, ...others]) {
        each.launch();
        await each.healthy();
      }
      await stage.use(server);
      await stage.gather();
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  /** The API; its token stays good when the process is started again. */
  get api(): Client {
    if (this.#api === null) throw new Error("nobody has signed in yet");
    return this.#api;
  }

  get crowd(): Crowd {
    if (this.#crowd === null) throw new Error("nobody has been called together");
    return this.#crowd;
  }

  get pathToAri(): Path {
    if (this.#path === null) throw new Error("this stage has no path to cut");
    return this.#path;
  }

  /** The server's small disk, as it is seen from outside. */
  get diskFolder(): string {
    const { disk, pid } = this.server;
    if (disk === null) throw new Error("this stage's server has no disk of its own");
    return `/proc/${pid}/root${disk}`;
  }

  /** From now on this server is asked, in place of another. */
  async use(server: ServerProcess): Promise<void> {
    const admin = this.lab.instance.secrets.users.find((user) => user.role === "admin");
    if (admin === undefined) throw new Error("there is no admin");
    this.#api = await Client.signIn(server.url, admin.username, admin.password);
  }

  /** Calls a fresh crowd together: agents at their phones, callers in every stage. */
  async gather(): Promise<void> {
    const crowd = new Crowd(this.lab, this.#seats, this.load);
    this.#crowd = crowd;
    await crowd.seat(this.api);
    await crowd.call(this.api, this.load);
  }

  /** Sends everybody home at once, whatever they were doing. */
  async dismiss(): Promise<void> {
    await this.crowd.stop();
    this.#crowd = null;
    // Phones that are just gone say no goodbye.
    for (const { id } of (await asteriskHas(this.lab)).channels)
      await this.lab.ari("DELETE", `channels/${id}`);
  }

  census(): Promise<Census> {
    return census(this.lab, this.api);
  }

  /** Looks twice: what both looks find wrong is told. */
  async look(verdict: Verdict, when: string): Promise<void> {
    const first = breachesOf(await this.census());
    if (first.length === 0) return;
    await pause(lookAgainMs);
    const second = lasting(first, breachesOf(await this.census()));
    verdict.breach(...told(second).map((text) => `${when}: ${text}`));
    verdict.count("ghosts_and_orphans", second.length);
  }

  /** Everybody leaves; what is left of them, and what they and the log tell, is judged: see `conclude.ts`. */
  async conclude(verdict: Verdict, lateMs = 0): Promise<void> {
    await conclude(this, verdict, lateMs);
    await this.crowd.stop();
    this.#crowd = null;
  }

  async close(): Promise<void> {
    await this.#crowd?.stop();
    await Promise.all([this.server, ...this.others].map((server) => server.stop()));
    await this.#path?.stop();
    const logs = join(this.lab.instance.serverEnvironment()["KITUO_VAR"] ?? "", "log");
    await rm(keptLogs, { recursive: true, force: true });
    await cp(logs, keptLogs, { recursive: true });
    await this.lab.stop();
  }
}

/** Runs a row's body on a stage of its own. */
export async function onStage(
  options: StageOptions,
  body: (stage: Stage) => Promise<void>,
): Promise<void> {
  const stage = await Stage.open(options);
  try {
    await body(stage);
  } finally {
    await stage.close();
  }
}
