import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { KituoError } from "../domain/errors.ts";
import { prefer } from "../priority.ts";

/** How one program is run in the private root. */
export interface SandboxOptions {
  /** Host folders that are seen at the same path inside. */
  readonly binds?: readonly string[];
  /** A user of the private root; the program is root when none is named. */
  readonly user?: string;
  readonly cwd?: string;
  readonly stdio?: StdioOptions;
  readonly env?: Readonly<Record<string, string>>;
  /** Before others of the machine (-20) or behind them (19); beside them when nothing is said. */
  readonly priority?: number;
  /** A private, empty folder below `/run` that belongs to the program's user. */
  readonly runFolder?: { readonly path: string; readonly uid: number; readonly gid: number };
}

/**
 * Programs of the private root, each run in mount and pid namespaces of its own: its mounts go with it, and it goes
 * with whoever started it, even when that one is killed. The root itself is read-only inside; `/tmp` and `/run` are
 * private and empty; the network is the host's.
 */
export interface Sandbox {
  readonly root: string;
  /**
   * Starts a program. SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 sent to the returned process reach the
   * program, and its exit status is the program's (128 + n when signal n ended it).
   */
  spawn(command: string, args: readonly string[], options?: SandboxOptions): ChildProcess;
  /** Runs a program to its end and gives what it printed; rejects with its error output when its status is not 0. */
  run(
    command: string,
    args: readonly string[],
    options?: SandboxOptions & { readonly input?: Uint8Array },
  ): Promise<string>;
}

const outer = readFileSync(new URL("sandbox/outer.pl", import.meta.url), "utf8");
const inner = readFileSync(new URL("sandbox/inner.pl", import.meta.url), "utf8");

/** Folders of the root that are made anew, empty, for each program. */
const fresh: ReadonlySet<string> = new Set(["/tmp", "/run", "/proc", "/dev", "/mnt"]);

/** The sandbox over a private root that `ensureRoot` made. */
export function openSandbox(root: string): Sandbox {
  return open(root, (options) => mountScript(root, options));
}

/**
 * Runs programs of this machine itself, with all its files: what the private root's programs get in the way of
 * namespaces, these get too, so that they end in the same way. `/run` is theirs alone where they ask for a folder in it.
 */
export function openHost(): Sandbox {
  return open("/", ({ runFolder }) => hostScript(runFolder));
}

function open(root: string, script: (options: SandboxOptions) => string): Sandbox {
  const start: Sandbox["spawn"] = (command, args, options = {}) => {
    const program = [options.user ?? "", options.cwd ?? "/", command, ...args];
    const child = spawn(
      "setpriv",
      [
        "--pdeathsig",
        "KILL",
        "unshare",
        "--mount",
        "sh",
        "-euc",
        script(options),
        "sandbox",
      ].concat([outer, String(process.pid), inner], program),
      {
        stdio: options.stdio ?? "pipe",
        // A terminal's Ctrl-C goes to the starter alone, which ends its programs in the order that is right.
        detached: true,
        env: {
          PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          LANG: "C.UTF-8",
          HOME: "/tmp",
          ...options.env,
        },
      },
    );
    if (options.priority !== undefined && child.pid !== undefined)
      prefer(child.pid, options.priority);
    return child;
  };
  return {
    root,
    spawn: start,
    run: (command, args, options = {}) => toEnd(start, command, args, options),
  };
}

/**
 * The shell script that builds the program's root out of bind mounts on a tmpfs and then becomes the sandbox's outer
 * process. The tmpfs lies over the root's own `/mnt`, visible in this mount namespace only, so nothing is written to
 * the shared root.
 */
function mountScript(root: string, options: SandboxOptions): string {
  const top = join(root, "mnt");
  const at = (path: string): string => quote(join(top, path));
  const steps = plan(root, options.binds ?? []);
  const folders = steps.filter(
    (step) => step.kind === "folder" || (step.kind === "shared" && !step.file),
  );
  const lines = [
    `mount -t tmpfs -o mode=755 kituo ${quote(top)}`,
    `mkdir ${folders.map((step) => at(step.path)).join(" ")}`,
  ];
  for (const step of steps) {
    if (step.kind === "link") lines.push(`ln -s ${quote(step.to)} ${at(step.path)}`);
    else if (step.kind === "shared")
      lines.push(
        ...(step.file ? [`:> ${at(step.path)}`] : []),
        `mount -o ro,bind ${quote(join(root, step.path))} ${at(step.path)}`,
      );
    else if (step.kind === "bind")
      lines.push(
        step.file
          ? `mkdir -p ${at(dirname(step.path))}; :> ${at(step.path)}`
          : `mkdir -p ${at(step.path)}`,
        `mount --rbind ${quote(step.from)} ${at(step.path)}`,
      );
  }
  const hosts = `127.0.0.1 localhost ${hostname()}\n::1 localhost ip6-localhost\n`;
  if (options.runFolder !== undefined) {
    const { path, uid, gid } = options.runFolder;
    lines.push(`mkdir -p ${at(path)}; chown ${uid}:${gid} ${at(path)}`);
  }
  lines.push(
    `chmod 1777 ${at("tmp")}`,
    `mount --rbind /dev ${at("dev")}`,
    // Without its own name here each INVITE would wait five seconds for a look-up.
    `printf %s ${quote(hosts)} > ${at(".hosts")}`,
    `mount --bind ${at(".hosts")} ${at("etc/hosts")}`,
    `if [ -e /etc/resolv.conf ] && [ -e ${at("etc/resolv.conf")} ]; then mount -o ro,bind "$(readlink -f /etc/resolv.conf)" ${at("etc/resolv.conf")}; fi`,
    'outer="$1"; shift',
    `exec unshare --pid chroot ${quote(top)} perl -e "$outer" -- "$@"`,
  );
  return lines.join("\n");
}

function hostScript(runFolder: SandboxOptions["runFolder"]): string {
  const lines = ['outer="$1"; shift'];
  if (runFolder !== undefined) {
    const { path, uid, gid } = runFolder;
    // The folder itself stays when all is over, empty; what is in it was never there.
    lines.push(
      `mkdir -p ${quote(path)}`,
      `mount -t tmpfs -o mode=755,uid=${uid},gid=${gid} kituo ${quote(path)}`,
    );
  }
  lines.push(`exec unshare --pid perl -e "$outer" -- "$@"`);
  return lines.join("\n");
}

type Step =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "link"; readonly path: string; readonly to: string }
  | { readonly kind: "shared"; readonly path: string; readonly file: boolean }
  | { readonly kind: "bind"; readonly path: string; readonly from: string; readonly file: boolean };

/**
 * What stands where inside. A folder of the root is shown whole, read-only, unless a bind lies below it: then it is
 * laid open, a new folder with each of its entries shown in turn, so that the bind's place can be made.
 */
function plan(root: string, binds: readonly string[]): Step[] {
  const places = binds.map((bind) => normalize(bind).replace(/(.)\/$/, "$1")).sort();
  for (const place of places)
    if (!isAbsolute(place) || place === "/")
      throw new KituoError(
        "internal",
        `The sandbox cannot show ${place}: it takes absolute paths below /.`,
      );
  const layOpen = (folder: string): Step[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry): Step[] => {
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink())
        return [{ kind: "link", path, to: readlinkSync(join(root, path)) }];
      if (!entry.isDirectory()) return [{ kind: "shared", path, file: true }];
      if (fresh.has(path)) return [{ kind: "folder", path }];
      if (places.some((place) => place.startsWith(`${path}/`)))
        return [{ kind: "folder", path }, ...layOpen(path)];
      return readdirSync(join(root, path)).length === 0
        ? [{ kind: "folder", path }]
        : [{ kind: "shared", path, file: false }];
    });
  return [
    ...layOpen("/"),
    ...places.map((path): Step => {
      const from = realpathSync(path);
      return { kind: "bind", path, from, file: !statSync(from).isDirectory() };
    }),
  ];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function toEnd(
  start: Sandbox["spawn"],
  command: string,
  args: readonly string[],
  options: SandboxOptions & { readonly input?: Uint8Array },
): Promise<string> {
  const child = start(command, args, { ...options, stdio: ["pipe", "pipe", "pipe"] });
  const printed: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => errors.push(chunk));
  // A program that ends before it has read its input breaks the pipe; its exit status tells whether that matters.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(options.input);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (status === 0) return Buffer.concat(printed).toString("utf8");
  const said = Buffer.concat(errors).toString("utf8").trim().split("\n").slice(-20);
  throw new KituoError("internal", `${command} ended with status ${status}.`, said);
}
