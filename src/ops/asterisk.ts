import { createHash } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { KituoError } from "../domain/errors.ts";
import { mediaNext } from "../priority.ts";
import { type Account, accountOf } from "./account.ts";
import type { AsteriskChoice } from "./binary.ts";
import type { Site, SiteSecrets } from "./config/site.ts";
import { type Part, startPart } from "./part.ts";
import { audioPorts, type Ports } from "./ports.ts";
import { openHost, type Sandbox } from "./sandbox.ts";

/** Unix sockets have at most 107 bytes of path, so this one is short, and private to each Asterisk. */
const runFolder = "/run/asterisk";

/** Asterisk as it is found on this machine: the program, the root it belongs to, and where its own files lie there. */
export interface AsteriskHome {
  readonly sandbox: Sandbox;
  readonly program: string;
  readonly modules: string;
  /** Its documentation, descriptions of ARI and sounds. */
  readonly shared: string;
  readonly account: Account;
  readonly user: string | undefined;
}

/** Finds what belongs to the Asterisk that was chosen. */
export function asteriskHome(choice: AsteriskChoice, privateRoot: () => Sandbox): AsteriskHome {
  const sandbox = choice.kind === "root" ? privateRoot() : openHost();
  const libraries = ["usr/lib", "usr/local/lib", "usr/lib64"].flatMap((folder) => [
    join(folder, "asterisk/modules"),
    ...readFolder(join(sandbox.root, folder))
      .filter((name) => name.includes("linux-gnu"))
      .map((name) => join(folder, name, "asterisk/modules")),
  ]);
  const find = (what: string, candidates: readonly string[]): string => {
    const found = candidates.find((folder) => existsSync(join(sandbox.root, folder)));
    if (found === undefined)
      throw new KituoError("config_invalid", `Asterisk's ${what} were not found on this machine.`, [
        `Looked in ${candidates.map((folder) => join(sandbox.root, folder)).join(", ")}.`,
      ]);
    return join("/", found);
  };
  const owner = findAccount(sandbox.root, "asterisk");
  return {
    sandbox,
    program: choice.kind === "root" ? "/usr/sbin/asterisk" : choice.path,
    modules: find("modules (res_pjsip.so and others)", libraries),
    shared: find("data files", [
      "usr/share/asterisk",
      "var/lib/asterisk",
      "usr/local/share/asterisk",
    ]),
    account: owner ?? { uid: 0, gid: 0 },
    user: owner === null ? undefined : "asterisk",
  };
}

export interface AsteriskPlace {
  /** Everything of this Asterisk lies below it: configuration, data, database, spool and logs. */
  readonly folder: string;
  readonly ports: Pick<Ports, "sip" | "ari" | "ami">;
  readonly sipAddress: string;
  readonly secrets: SiteSecrets;
}

/** Where an Asterisk that {@link startAsterisk} starts will live. */
export function asteriskSite(home: AsteriskHome, place: AsteriskPlace): Site {
  const { folder, ports, secrets } = place;
  const hash = createHash("sha256").update(`${folder} ${ports.sip}`).digest("hex");
  return {
    sipAddress: place.sipAddress,
    controlAddress: "127.0.0.1",
    sipPort: ports.sip,
    httpPort: ports.ari,
    amiPort: ports.ami,
    ...audioPorts(ports.sip),
    folders: {
      etc: join(folder, "etc"),
      modules: home.modules,
      data: join(folder, "data"),
      db: join(folder, "db"),
      keys: join(folder, "keys"),
      spool: join(folder, "spool"),
      run: runFolder,
      log: join(folder, "log"),
    },
    secrets,
    // The first pair's 02 marks an address that no manufacturer gave out.
    entityId: ["02", ...(hash.match(/../g) ?? []).slice(0, 5)].join(":"),
  };
}

/** The folder of everything that an Asterisk records: conversations and messages. */
export function recordingsFolder(site: Site): string {
  return join(site.folders.spool, "recording");
}

export interface AsteriskOptions {
  readonly home: AsteriskHome;
  readonly folder: string;
  readonly site: Site;
  /** Rendered configuration: file name to content. */
  readonly files: ReadonlyMap<string, string>;
  /** The folder that holds `sounds/` and `moh/`, all that callers hear. */
  readonly builtPrompts: string;
  readonly log: string;
}

/** Writes the configuration, makes the folders and starts Asterisk; it is ready when it has loaded everything. */
export async function startAsterisk(options: AsteriskOptions): Promise<Part> {
  const { home, folder, site, builtPrompts } = options;
  layOut(options);
  return startPart({
    name: "Asterisk",
    log: options.log,
    startWithin: 30_000,
    grace: 10_000,
    spawn: (output) =>
      home.sandbox.spawn(home.program, ["-f", "-C", join(site.folders.etc, "asterisk.conf")], {
        cwd: site.folders.spool,
        binds: [folder, builtPrompts],
        runFolder: { path: runFolder, ...home.account },
        priority: mediaNext,
        stdio: ["ignore", output, output],
        ...(home.user === undefined ? {} : { user: home.user }),
      }),
    ready: async () => (await hasBooted(site)) && (await answersAri(site)),
  });
}

/** Makes the folders as Asterisk wants them, empty of what an earlier configuration left there. */
function layOut({ home, folder, site, files, builtPrompts }: AsteriskOptions): void {
  const { uid, gid } = home.account;
  const own = (path: string): void => {
    mkdirSync(path, { recursive: true, mode: 0o750 });
    chownSync(path, uid, gid);
  };
  const { etc, data, db, keys, spool, log } = site.folders;
  own(folder);
  rmSync(etc, { recursive: true, force: true });
  rmSync(data, { recursive: true, force: true });
  const recording = recordingsFolder(site);
  for (const path of [etc, data, db, keys, spool, log, recording, join(spool, "tmp")]) own(path);
  for (const [name, content] of files) {
    const path = join(etc, name);
    // The configuration holds secrets: Asterisk's user reads it, nobody else.
    writeFileSync(path, content, { mode: 0o640 });
    chownSync(path, 0, gid);
  }
  // Asterisk looks for its documentation, without which no module loads, below its data folder.
  for (const name of readFolder(join(home.sandbox.root, home.shared)))
    if (name !== "sounds" && name !== "moh") symlinkSync(join(home.shared, name), join(data, name));
  for (const name of ["sounds", "moh"]) symlinkSync(join(builtPrompts, name), join(data, name));
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    // A folder that is not there, or a file, has no entries.
    return [];
  }
}

function findAccount(root: string, user: string): Account | null {
  try {
    return accountOf(root, user);
  } catch (error) {
    if (error instanceof KituoError) return null;
    throw error;
  }
}

/** Whether Asterisk says at its manager interface that all its modules are loaded. */
function hasBooted(site: Site): Promise<boolean> {
  const { amiUser, amiPassword } = site.secrets;
  return new Promise((resolve) => {
    const socket = createConnection({
      port: site.amiPort,
      host: site.controlAddress,
      timeout: 2_000,
    });
    let heard = "";
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () =>
      socket.write(`Action: Login\r\nUsername: ${amiUser}\r\nSecret: ${amiPassword}\r\n\r\n`),
    );
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
      if (heard.includes("Event: FullyBooted")) end(true);
    });
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}

async function answersAri(site: Site): Promise<boolean> {
  const { ariUser, ariPassword } = site.secrets;
  const answer = await fetch(
    `http://${site.controlAddress}:${site.httpPort}/ari/asterisk/info?only=status`,
    {
      headers: { authorization: `Basic ${btoa(`${ariUser}:${ariPassword}`)}`, connection: "close" },
      signal: AbortSignal.timeout(2_000),
    },
  );
  await answer.arrayBuffer();
  return answer.ok;
}
