import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { opsEnvironment } from "./environment.ts";
import {
  buildFault,
  explainBuild,
  type Machine,
  mirrorFault,
  sandboxFault,
  setupFault,
} from "./fault.ts";
import { takeLock } from "./lock.ts";
import { debianMirrors } from "./mirror.ts";

/** What the private root holds. Its folder is named after a hash of this, so that a change makes a new one. */
const recipe = {
  suite: "forky",
  arch: process.arch,
  packages: [
    "ca-certificates",
    "asterisk",
    "asterisk-core-sounds-en-gsm",
    "sip-tester",
    "baresip-core",
    "sox",
    "redis-server",
    "espeak-ng",
  ],
  apt: [
    // A mirror's Release file can be older than its own date of expiry.
    'Acquire::Check-Valid-Until "false"',
    'Acquire::Retries "3"',
    'APT::Install-Recommends "false"',
  ],
  dpkg: ["man", "doc", "info", "locale", "lintian"].map(
    (name) => `path-exclude=/usr/share/${name}/*`,
  ),
};

/** While it is built there are the packages' files and the packages themselves. */
const neededBytes = 1_000_000_000;

/** The private root's folder, whether it exists or not. */
export function rootFolder(cacheFolder: string): string {
  const hash = createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 12);
  return join(cacheFolder, `root-${hash}`);
}

/**
 * Gives the folder of the private root, a small Debian with Asterisk, Redis and the test phones in it; builds it when
 * it is not there. One builder at a time: a second one waits and finds it ready.
 */
export async function ensureRoot(report: (line: string) => void): Promise<string> {
  const cache = opsEnvironment().cacheFolder;
  const root = rootFolder(cache);
  const uid = process.getuid?.() ?? -1;
  const cannotRun = sandboxFault({ platform: process.platform, uid });
  if (cannotRun !== undefined) throw cannotRun;
  if (existsSync(root)) return root;

  await mkdir(cache, { recursive: true });
  const release = await takeLock(`${root}.lock`, () =>
    report("Another process is building the private root; waiting for it."),
  );
  try {
    if (existsSync(root)) return root;
    await removeLeftovers(cache, root);
    const fault = buildFault(await thisMachine(cache, uid));
    if (fault !== undefined) throw fault;
    await build(root, report);
    return root;
  } finally {
    await release();
  }
}

/** Whoever left these is dead: its lock is ours now, and its programs died with it. */
async function removeLeftovers(cache: string, root: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    if (path.startsWith(`${root}.building`)) await rm(path, { recursive: true, force: true });
  }
}

async function thisMachine(cacheFolder: string, uid: number): Promise<Machine> {
  const disk = await statfs(cacheFolder);
  return {
    platform: process.platform,
    arch: process.arch,
    uid,
    osRelease: await readFile("/etc/os-release", "utf8").catch(() => ""),
    freeBytes: disk.bavail * disk.bsize,
    neededBytes,
    cacheFolder,
  };
}

async function build(root: string, report: (line: string) => void): Promise<void> {
  const started = Date.now();
  const say = (line: string): void =>
    report(`Private root: ${line} (${Math.round((Date.now() - started) / 1000)} s)`);
  say("Asterisk 22, Redis and test phones, once, about 45 s and 400 MB");
  const log = `${root}.log`;
  await ensureTool(say, log);
  const mirror = await reachableMirror(`${root}.building-release`);
  const building = `${root}.building`;
  // The namespaces end all of mmdebstrap's own processes and mounts when this process ends, however it ends.
  const output = await capture(
    ["unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"].concat(
      ["sh", "-c", 'mmdebstrap "$@"; exit $?', "sh"],
      ["--variant=minbase", "--mode=root", `--include=${recipe.packages.join(",")}`],
      recipe.apt.map((option) => `--aptopt=${option}`),
      recipe.dpkg.map((option) => `--dpkgopt=${option}`),
      ["--skip=cleanup/reproducible", recipe.suite, building, mirror],
    ),
    log,
    (line) => {
      const stage =
        /^I: ((?:running|downloading|extracting|installing|cleaning) .*?)(?:\.\.\.)?$/.exec(
          line,
        )?.[1];
      if (stage !== undefined) say(stage);
    },
  );
  if (output.status !== 0) {
    await rm(building, { recursive: true, force: true });
    throw explainBuild(output.text, log);
  }
  await rename(building, root);
  await rm(log, { force: true });
  say("ready");
}

/** Debian's mmdebstrap; installed when this machine has none. */
async function ensureTool(say: (line: string) => void, log: string): Promise<void> {
  if ((await capture(["mmdebstrap", "--version"], log)).status === 0) return;
  say("installing mmdebstrap");
  const install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes"].concat([
    "--no-install-recommends",
    "mmdebstrap",
    "debian-archive-keyring",
  ]);
  let output = await capture(install, log);
  if (output.status !== 0) {
    // The lists may be old or absent. A source of another maker that fails here does not matter.
    await capture(["apt-get", "update", "-o", "Acquire::Check-Valid-Until=false"], log);
    output = await capture(install, log);
  }
  if (output.status === 0) return;
  if (
    /unable to fetch|failed to fetch|could not (resolve|connect)|unable to locate package/i.test(
      output.text,
    )
  )
    throw mirrorFault(await machineMirrors(), "mmdebstrap could not be installed");
  throw setupFault(
    "mmdebstrap, which builds the private root, could not be installed.",
    `Run \`apt-get install mmdebstrap\` and see what it says; this time's words stand in ${log}.`,
  );
}

/** The first of the machine's own mirrors that has the suite; asked through apt's own proxies. */
async function reachableMirror(scratch: string): Promise<string> {
  const mirrors = await machineMirrors();
  let said = "";
  for (const mirror of mirrors) {
    const url = `${mirror}/dists/${recipe.suite}/InRelease`;
    const output = await capture(
      [
        "/usr/lib/apt/apt-helper",
        "-o",
        "Acquire::Retries=1",
        "-o",
        "Acquire::http::Timeout=15",
      ].concat(["-o", "Acquire::https::Timeout=15", "download-file", url, scratch]),
    );
    await rm(scratch, { force: true });
    if (output.status === 0) return mirror;
    said = /^E: (.*)$/m.exec(output.text)?.[1] ?? said;
  }
  throw mirrorFault(mirrors, said);
}

async function machineMirrors(): Promise<string[]> {
  const parts = await readdir("/etc/apt/sources.list.d").catch((): string[] => []);
  const names = [
    "/etc/apt/sources.list",
    ...parts.map((name) => `/etc/apt/sources.list.d/${name}`),
  ];
  const files = await Promise.all(
    names
      .filter((name) => /\.(list|sources)$/.test(name))
      .map(async (name) => ({ name, text: await readFile(name, "utf8").catch(() => "") })),
  );
  return debianMirrors(files);
}

/** Runs a program that dies with this process, keeps what it printed in a log, and gives both. */
async function capture(
  command: readonly string[],
  log?: string,
  onLine: (line: string) => void = () => undefined,
): Promise<{ status: number; text: string }> {
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...command], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const file = log === undefined ? undefined : createWriteStream(log, { flags: "a" });
  let text = "";
  let rest = "";
  const take = (chunk: string): void => {
    file?.write(chunk);
    text = (text + chunk).slice(-1_000_000);
    const lines = (rest + chunk).split(/[\r\n]+/);
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  const status = await new Promise<number>((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", (code) => resolve(code ?? 137));
  });
  await new Promise<void>((resolve) =>
    file === undefined ? resolve() : file.end(() => resolve()),
  );
  return { status, text };
}
