import { KituoError } from "../domain/errors.ts";

/** The other way to run everything, named in each message about a machine that cannot do it itself. */
const otherWay = "Or run `docker compose up`, which needs nothing but Docker.";

/** A fault of the machine: one line says what is missing, the next what to do about it. */
export function setupFault(what: string, todo: string, cause?: unknown): KituoError {
  return new KituoError("config_invalid", what, [todo, otherWay], cause);
}

/** Everything about the machine that decides whether the private root can be built and used on it. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly uid: number;
  /** The text of `/etc/os-release`; empty when there is none. */
  readonly osRelease: string;
  readonly freeBytes: number;
  readonly neededBytes: number;
  readonly cacheFolder: string;
}

/** What keeps this machine from running programs of a private root. */
export function sandboxFault(machine: Pick<Machine, "platform" | "uid">): KituoError | undefined {
  if (machine.platform !== "linux")
    return setupFault(
      `Asterisk runs on Linux; this is ${machine.platform}.`,
      "Run Kituo on a Debian machine.",
    );
  if (machine.uid !== 0)
    return setupFault(
      "Setting up Asterisk needs root: it makes a private root folder and mounts.",
      "Run the same command as root (sudo -E), or name your own with KITUO_ASTERISK and REDIS_URL.",
    );
  return undefined;
}

/** What keeps this machine from building the private root. */
export function buildFault(machine: Machine): KituoError | undefined {
  const sandbox = sandboxFault(machine);
  if (sandbox !== undefined) return sandbox;
  if (!isDebian(machine.osRelease))
    return setupFault(
      "This is not Debian, and the private root that holds Asterisk is built with Debian's tools.",
      "Install Asterisk 22.10 or newer and name it with KITUO_ASTERISK=/path/to/asterisk.",
    );
  if (machine.freeBytes < machine.neededBytes)
    return setupFault(
      `The disk is too full: ${inMegabytes(machine.freeBytes)} are free under ${machine.cacheFolder}, ` +
        `${inMegabytes(machine.neededBytes)} are needed.`,
      "Free some space, or set XDG_CACHE_HOME to a folder on a bigger disk.",
    );
  return undefined;
}

/** Whether an os-release text is Debian's, or that of a system made from Debian. */
export function isDebian(osRelease: string): boolean {
  return /^ID(_LIKE)?=["']?([a-z0-9. -]*\s)?debian\b/m.test(osRelease);
}

/** No mirror that was tried has the suite. */
export function mirrorFault(mirrors: readonly string[], said: string): KituoError {
  if (mirrors.length === 0)
    return setupFault(
      "apt's sources on this machine name no Debian mirror to build the private root from.",
      "Add one to /etc/apt/sources.list, then try again.",
    );
  return setupFault(
    `No Debian mirror could be reached: tried ${mirrors.join(", ")}${said === "" ? "" : ` (${said})`}.`,
    "Check the network, and the proxy when there is one (http_proxy), then try again.",
  );
}

/** Why a build of the private root failed, from what mmdebstrap printed. */
export function explainBuild(output: string, log: string): KituoError {
  const again = "then run the same command again; it starts afresh.";
  if (/no space left on device/i.test(output))
    return setupFault(
      "The disk ran full while the private root was built.",
      `Free at least a gigabyte, or set XDG_CACHE_HOME to a folder on a bigger disk, ${again}`,
    );
  if (
    /could not resolve|temporary failure resolving|could(n't| not) connect|unable to connect|connection (timed out|refused|failed)|network is unreachable|failed to fetch/i.test(
      output,
    )
  )
    return setupFault(
      "The network failed while packages were fetched for the private root.",
      `Check the network, ${again} What was printed: ${log}`,
    );
  if (/NO_PUBKEY|not signed|signatures couldn't be verified/i.test(output))
    return setupFault(
      "The packages' signatures could not be checked: this machine does not know Debian's newer keys.",
      `Run \`apt-get update && apt-get install debian-archive-keyring\`, ${again}`,
    );
  if (/unable to locate package|no installation candidate|unmet dependencies/i.test(output))
    return setupFault(
      "The Debian mirror lacks a package that the private root is made of.",
      `Mirrors are in that state for a while now and then: wait an hour, ${again} What was printed: ${log}`,
    );
  if (/operation not permitted|permission denied/i.test(output))
    return setupFault(
      "This machine does not let root mount or make devices, as inside many containers.",
      "Run it on the machine itself, or in a container with CAP_SYS_ADMIN.",
    );
  const last = output.split("\n").findLast((line) => line.startsWith("E: ")) ?? "";
  return setupFault(
    `The private root could not be built${last === "" ? "" : `: ${last.slice(3)}`}.`,
    `What was printed stands in ${log}; mend what it names, ${again}`,
  );
}

/** A port that somebody asked for by number is in use. */
export function portFault(purpose: string, port: number, address: string): KituoError {
  return setupFault(
    `Port ${port} on ${address}, asked for as ${purpose}, is taken.`,
    `Name another one or end what listens there (\`ss -ltnup | grep :${port}\` shows it).`,
  );
}

/** The Asterisk named in the environment cannot be used. */
export function asteriskFault(path: string, found: string, least: string): KituoError {
  return setupFault(
    found === ""
      ? `${path}, named by KITUO_ASTERISK, is not an Asterisk that can be run.`
      : `${path}, named by KITUO_ASTERISK, is Asterisk ${found}; Kituo needs ${least} or newer.`,
    "Name a newer one, or leave KITUO_ASTERISK unset: then Kituo sets up one of its own.",
  );
}

function inMegabytes(bytes: number): string {
  return `${Math.floor(bytes / 1_000_000)} MB`;
}
