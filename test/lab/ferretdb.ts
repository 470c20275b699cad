import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir, setPriority, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import mongoose from "mongoose";
import { callsFirst, prefer } from "../../src/priority.ts";

const MODULE = "github.com/FerretDB/FerretDB";
const VERSION = "v1.24.2";
const BUILD_MS = 15 * 60_000;
const START_MS = 20_000;

const exec = promisify(execFile);

/** A server that speaks MongoDB's protocol, or why there is none. */
export type TestMongo =
  | { readonly url: string; stop(): Promise<void> }
  | { readonly skipped: string };

/**
 * A MongoDB for tests: the one at `MONGO_URL` when it answers; else FerretDB v1 with SQLite behind it, built once with
 * the machine's Go into the user's cache folder, started on a free port with its data in a temporary folder. It goes
 * with whoever started it, even when that one is killed.
 */
export async function ensureFerretdb(report: (line: string) => void): Promise<TestMongo> {
  const given = process.env["MONGO_URL"];
  if (given !== undefined && given !== "") {
    if (await answers(given)) return { url: given, stop: async () => undefined };
    report("MONGO_URL does not answer; trying FerretDB");
  }
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const binary = join(cache, "kituo", `ferretdb-${VERSION}`, "ferretdb");
  if (!(await exists(binary))) {
    try {
      await exec("go", ["version"]);
    } catch {
      // Whatever keeps `go` from saying its version keeps it from building, too.
      return {
        skipped: "no MongoDB answers at MONGO_URL, and there is no Go toolchain to build FerretDB",
      };
    }
    report(`building FerretDB ${VERSION} (once, about a minute)`);
    try {
      await build(binary);
    } catch (error) {
      return { skipped: `FerretDB could not be built: ${lastLine(error)}` };
    }
  }
  return await start(binary);
}

/**
 * `go install MODULE/cmd/ferretdb@VERSION` is not enough: the program it makes ends at once, because the file with its
 * own version is not part of the published module. So the module's source is copied, that file added, and the copy
 * built.
 */
async function build(binary: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "kituo-ferretdb-build-"));
  try {
    const download = await exec("go", ["mod", "download", "-json", `${MODULE}@${VERSION}`], {
      cwd: scratch,
      timeout: BUILD_MS,
    });
    const { Dir } = JSON.parse(download.stdout) as { readonly Dir: string };
    const source = join(scratch, "source");
    await cp(Dir, source, { recursive: true });
    // Go keeps its module cache read-only, and a copy keeps that.
    await exec("chmod", ["-R", "u+w", source]);
    await writeFile(join(source, "build/version/version.txt"), `${VERSION}\n`);
    const made = join(scratch, "ferretdb");
    const building = exec("go", ["build", "-buildvcs=false", "-o", made, "./cmd/ferretdb"], {
      cwd: source,
      timeout: BUILD_MS,
      env: { ...process.env, GOWORK: "off" },
    });
    if (building.child.pid !== undefined) setPriority(building.child.pid, 10);
    await building;
    // Another test run may be doing the same: whoever is last replaces a whole file by a whole file.
    await mkdir(dirname(binary), { recursive: true });
    const beside = `${binary}.${process.pid}`;
    await cp(made, beside);
    await chmod(beside, 0o755);
    await rename(beside, binary);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function start(binary: string): Promise<TestMongo> {
  const data = await mkdtemp(join(tmpdir(), "kituo-ferretdb-"));
  const options = [
    "--handler=sqlite",
    `--sqlite-url=file:${data}/`,
    `--state-dir=${data}`,
    "--listen-addr=127.0.0.1:0",
    "--telemetry=disable",
    "--debug-addr=-",
    "--log-level=info",
  ];
  const leashed = await exists("/usr/bin/setpriv");
  const child = leashed
    ? spawn("setpriv", ["--pdeathsig", "KILL", binary, ...options], {
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      })
    : spawn(binary, options, { stdio: ["ignore", "pipe", "pipe"] });
  // It stands for a database on a machine of its own, which no busy Asterisk keeps from answering.
  if (child.pid !== undefined) prefer(child.pid, callsFirst);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  const address = await Promise.race([listening(child), ended.then(() => null)]);
  if (address !== null) return { url: `mongodb://${address}/`, stop };
  await stop();
  return { skipped: "FerretDB ended at its start" };
}

/** The address that FerretDB says it listens on; `null` when it does not say so in time. */
async function listening(child: ChildProcess): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const late = setTimeout(() => resolve(null), START_MS);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    // Reading goes on after the line is found: a full pipe would stop the server.
    createInterface({ input: stream }).on("line", (line) => {
      const found = /Listening on TCP (127\.0\.0\.1:\d+)/.exec(line);
      if (found?.[1] !== undefined) resolve(found[1]);
    });
  }
  const address = await promise;
  clearTimeout(late);
  return address;
}

async function answers(url: string): Promise<boolean> {
  const connection = mongoose.createConnection();
  try {
    await connection.openUri(url, { serverSelectionTimeoutMS: 3_000 });
    return true;
  } catch {
    // Whatever is wrong with it, the tests cannot use it; the caller says so.
    return false;
  } finally {
    await connection.destroy();
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

function lastLine(error: unknown): string {
  const text = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  return text.trim().split("\n").at(-1) ?? "";
}
