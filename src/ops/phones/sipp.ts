import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createSocket } from "node:dgram";
import { watch } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sandbox } from "../sandbox.ts";
import { parseTrace, type SipMessage } from "./trace.ts";

/** Where phones are run and which Asterisk they talk to. */
export interface PhoneSite {
  readonly sandbox: Sandbox;
  readonly sipAddress: string;
  readonly sipPort: number;
  /** The phones' priority, -20 (first) to 19, where they share the processors of what they call. */
  readonly niceness?: number;
}

export interface SippOptions {
  readonly scenario: string;
  /** What is done with calls that come in beside the scenario. */
  readonly incoming?: string;
  /** Lines of the injection file, fields separated by `;`. */
  readonly lines?: readonly string[];
  /** Further files of the run's folder, by name. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** The address that SIP is sent from: what Asterisk tells a trunk by. */
  readonly address: string;
  /** Where SIP is listened at; any free port when none is given. */
  readonly port?: number;
  /** What is heard at the media port is said again. */
  readonly echo?: boolean;
  /** How many runs of the scenario, how many of them at once, and how many are begun each second. */
  readonly calls: number;
  readonly atOnce?: number;
  readonly perSecond?: number;
}

/** One running SIPp. */
export interface Sipp {
  /** Settles with SIPp's exit status: 0 when every call went as the scenario says. */
  readonly exit: Promise<number>;
  /** Every SIP message so far. */
  trace(): Promise<readonly SipMessage[]>;
  /** Settles with the first message for which `wanted` holds, past or to come; rejects when SIPp ends without it. */
  message(wanted: (message: SipMessage) => boolean): Promise<SipMessage>;
  /** What SIPp found unexpected. */
  errors(): Promise<string>;
  /**
   * Ends all calls (BYE, CANCEL), and SIPp with them. Not in the very moment of an answer: the BYE that SIPp makes then
   * belongs to no dialogue. Where a caller hangs up at a moment of her own, a scenario or baresip does it right.
   */
  hangup(): Promise<number>;
  /** Begins no more calls; settles with SIPp's exit status when those that are up have ended. */
  finish(): Promise<number>;
  /** Ends SIPp at once and removes its folder; calls are left to themselves. */
  stop(): Promise<void>;
}

let mediaHosts = 0;

/**
 * An address of the loopback network that no other phone of this machine uses for media, so that phones never meet
 * at a port, not even those of two test runs.
 */
export function mediaAddress(): string {
  mediaHosts = (mediaHosts + 1) % 0xfe00;
  const host = mediaHosts + 1;
  return `127.${64 + (process.pid % 128)}.${host >> 8}.${host & 0xff || 1}`;
}

/** The ports that were found free here: whoever asked may not have taken hers yet when the next one asks. */
const given = new Set<string>();

/** A UDP port of an address that nobody uses just now, and that was not given to anybody else by this process. */
export async function freePort(address: string): Promise<number> {
  for (;;) {
    const port = await unusedPort(address);
    const name = `${address}:${port}`;
    if (given.has(name)) continue;
    given.add(name);
    return port;
  }
}

async function unusedPort(address: string): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, address, resolve);
  });
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

/** Starts SIPp with a scenario; it ends with this process at the latest. */
export async function startSipp(site: PhoneSite, options: SippOptions): Promise<Sipp> {
  const folder = await mkdtemp(join(tmpdir(), "kituo-sipp-"));
  const file = (name: string): string => join(folder, name);
  const put = (name: string, bytes: string | Uint8Array) => writeFile(file(name), bytes);
  await put("scenario.xml", options.scenario);
  if (options.incoming !== undefined) await put("incoming.xml", options.incoming);
  if (options.lines !== undefined)
    await put("lines.csv", ["SEQUENTIAL", ...options.lines, ""].join("\n"));
  for (const [name, bytes] of Object.entries(options.files ?? {})) await put(name, bytes);
  await put("messages.csv", "");
  const child = site.sandbox.spawn(
    "sipp",
    [`${site.sipAddress}:${site.sipPort}`, "-sf", "scenario.xml"].concat(
      options.incoming === undefined ? [] : ["-oocsf", "incoming.xml"],
      options.lines === undefined ? [] : ["-inf", "lines.csv"],
      ["-i", options.address, "-p", String(options.port ?? (await freePort(options.address)))],
      ["-mi", mediaAddress(), "-min_rtp_port", "20000", "-max_rtp_port", "39998"],
      ["-m", String(options.calls), "-l", String(options.atOnce ?? options.calls)],
      ["-r", String(options.perSecond ?? 50), "-rp", "1s", "-cid_type", "uuid", "-nostdin"],
      // SIPp names transactions by its pid. Where the sandbox cannot give it one of its own, all would have the same
      // branches, which Asterisk would take for one transaction told again.
      ["-key", "run", randomUUID().slice(0, 8)],
      options.echo === true ? ["-rtp_echo"] : [],
      ["-trace_shortmsg", "-shortmessage_file", "messages.csv", "-rfc3339"],
      ["-trace_err", "-error_file", "errors.log", "-skip_rlimit"],
    ),
    {
      binds: [folder],
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      ...(site.niceness === undefined ? {} : { priority: site.niceness }),
    },
  );
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const exit = exitOf(child);
  const trace = async () => parseTrace(await readFile(file("messages.csv"), "utf8"));
  return {
    exit,
    trace,
    errors: async () => said + (await readFile(file("errors.log"), "utf8").catch(() => "")),
    message: (wanted) => firstMessage(file("messages.csv"), trace, exit, wanted),
    hangup: () => {
      // The first signal stops new calls, the second ends those that are up.
      child.kill("SIGUSR1");
      child.kill("SIGUSR1");
      return exit;
    },
    finish: () => {
      child.kill("SIGUSR1");
      return exit;
    },
    stop: async () => {
      child.kill("SIGKILL");
      await exit;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === null ? 1 : 137)));
  });
}

async function firstMessage(
  file: string,
  trace: () => Promise<readonly SipMessage[]>,
  exit: Promise<number>,
  wanted: (message: SipMessage) => boolean,
): Promise<SipMessage> {
  const changes = watch(file);
  try {
    for (;;) {
      const changed = new Promise<"changed">((resolve) => {
        changes.once("change", () => resolve("changed"));
      });
      const found = (await trace()).find(wanted);
      if (found !== undefined) return found;
      const next = await Promise.race([changed, exit]);
      if (next === "changed") continue;
      const late = (await trace()).find(wanted);
      if (late !== undefined) return late;
      throw new Error(`SIPp ended with status ${next} before the awaited message`);
    }
  } finally {
    changes.close();
  }
}
