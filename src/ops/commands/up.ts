import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { KituoError } from "../../domain/errors.ts";
import { home, opsEnvironment } from "../environment.ts";
import type { Instance } from "../instance.ts";
import { lastLines } from "../part.ts";
import type { PortName } from "../ports.ts";
import { fail } from "./fail.ts";

interface UpOptions {
  readonly detach?: boolean;
  readonly keeper?: boolean;
  readonly simulator?: boolean;
  readonly host: string;
  readonly sipHost: string;
  readonly port?: number;
  readonly sipPort?: number;
  readonly ariPort?: number;
  readonly amiPort?: number;
  readonly redisPort?: number;
}

/** What the keeper of a detached instance tells the one who started it. */
type KeeperMessage =
  | { readonly kind: "report"; readonly line: string }
  | { readonly kind: "up"; readonly lines: readonly string[] }
  | { readonly kind: "failed"; readonly message: string; readonly faults: readonly string[] };

/** `kituo up`: everything this machine needs for a contact centre, until Ctrl-C or `kituo down`. */
export function up(): Command {
  return new Command("up")
    .description("set up what is missing; start Redis, Asterisk and the server")
    .option("-d, --detach", "come back when all is up; `kituo down` ends it")
    .option("--host <address>", "what the web pages and the API bind to", "127.0.0.1")
    .option("--sip-host <address>", "what SIP binds to", "127.0.0.1")
    .option("--port <number>", "the port of the web pages and the API", portNumber)
    .option("--sip-port <number>", "the port of SIP", portNumber)
    .option("--ari-port <number>", "the port of ARI", portNumber)
    .option("--ami-port <number>", "the port of the manager interface", portNumber)
    .option("--redis-port <number>", "the port of Redis", portNumber)
    .option("--simulator", "let in simulated callers, who call from 127.0.0.2")
    .addOption(new Option("--keeper").hideHelp())
    .action((options: UpOptions) => (options.detach ? detach() : hold(options)));
}

/** Brings all of it up and holds it until a signal comes, or until a part of it dies again and again. */
async function hold(options: UpOptions): Promise<void> {
  const told = options.keeper ? tellStarter : tellTerminal;
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => resolve());
  });
  // Until there is something to stop in order, a signal simply ends this process, and all it started with it.
  const early = signalled.then(() => "signalled" as const);
  let instance: Instance;
  try {
    const starting = bringAllUp(options, (line) => told({ kind: "report", line }));
    const first = await Promise.race([starting, early]);
    if (first === "signalled") process.exit(130);
    instance = first;
  } catch (error) {
    if (!options.keeper || !(error instanceof KituoError)) throw error;
    told({ kind: "failed", message: error.message, faults: error.faults });
    process.exitCode = 1;
    return;
  }
  told({ kind: "up", lines: summary(instance) });
  if (options.keeper) process.disconnect?.();
  const { keepUp } = await import("../keeper.ts");
  const stopping = new AbortController();
  // What happens from now on is for the log of a keeper, for the terminal of everybody else.
  const report = (line: string): void => console.error(`${new Date().toISOString()} ${line}`);
  const kept = keepUp(instance, { report, signal: stopping.signal });
  const end = await Promise.race([signalled, kept]);
  stopping.abort();
  await instance.stop();
  if (end !== undefined)
    fail(
      new KituoError(
        "internal",
        `${end.name} ended by itself again and again; everything else was ended too.`,
        lastLines(end.log),
      ),
    );
  // Sockets of the libraries that were loaded may still be open; nothing of ours is.
  process.exit();
}

async function bringAllUp(options: UpOptions, report: (line: string) => void): Promise<Instance> {
  const [{ bringUp }, { readCentre }] = await Promise.all([
    import("../instance.ts"),
    import("../../config.ts"),
  ]);
  const env = opsEnvironment();
  const named: Partial<Record<PortName, number | undefined>> = {
    http: options.port,
    sip: options.sipPort,
    ari: options.ariPort,
    ami: options.amiPort,
    redis: options.redisPort,
  };
  return bringUp({
    varFolder: env.varFolder,
    centre: readCentre(env.centreFile),
    ports: Object.fromEntries(Object.entries(named).filter(([, port]) => port !== undefined)),
    webAddress: options.host,
    sipAddress: options.sipHost,
    simulator: options.simulator === true,
    server: true,
    report,
  });
}

/** Starts a keeper that outlives this process, and comes back when it says that all is up, or why it is not. */
async function detach(): Promise<void> {
  const folder = join(opsEnvironment().varFolder, "log");
  mkdirSync(folder, { recursive: true });
  const log = join(folder, "keeper.log");
  const output = openSync(log, "a");
  const args = process.argv.slice(2).filter((arg) => arg !== "--detach" && arg !== "-d");
  const keeper = spawn(process.execPath, [join(home, "src/ops/cli.ts"), ...args, "--keeper"], {
    cwd: home,
    detached: true,
    stdio: ["ignore", output, output, "ipc"],
  });
  closeSync(output);
  await new Promise<void>((resolve, reject) => {
    keeper.on("message", (message: KeeperMessage) => {
      if (message.kind === "failed")
        reject(new KituoError("config_invalid", message.message, message.faults));
      else tellTerminal(message);
      if (message.kind === "up") resolve();
    });
    keeper.once("error", reject);
    keeper.once("exit", (status) =>
      reject(
        new KituoError("internal", `It ended at its start with status ${status}.`, lastLines(log)),
      ),
    );
  });
  if (keeper.connected) keeper.disconnect();
  keeper.unref();
}

function tellTerminal(message: KeeperMessage): void {
  if (message.kind === "report") console.error(message.line);
  else if (message.kind === "up") console.log(message.lines.join("\n"));
}

function tellStarter(message: KeeperMessage): void {
  // The starter may be gone by now; whether it hears this does not matter to what is being started.
  if (process.connected) process.send?.(message, () => undefined);
}

function summary({ url, ports, site, secrets }: Instance): string[] {
  const admin = secrets.users.find((user) => user.role === "admin");
  return [
    `Kituo is up: ${url}`,
    `  phones register at   ${site.sipAddress}:${ports.sip} (kituo extensions --secrets)`,
    `  sign in as           ${admin?.username ?? "?"} (kituo users list --secrets)`,
    "  end it               Ctrl-C, or kituo down",
  ];
}

function portNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new InvalidArgumentError("A port is a number from 1 to 65535.");
  return number;
}
