import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { OpsEnvironment } from "./environment.ts";
import { asteriskFault } from "./fault.ts";

/** The oldest Asterisk that has what Kituo uses (variables that travel with events came in it). */
export const leastVersion = "22.10.0";

/** Which Asterisk is used: one of this machine, or the private root's. */
export type AsteriskChoice =
  | { readonly kind: "root" }
  | { readonly kind: "installed"; readonly path: string; readonly version: string };

/** The version in what `asterisk -V` prints; null when it is not an Asterisk's. */
export function asteriskVersion(printed: string): string | null {
  return /^Asterisk (?:certified[-/])?(\d+\.\d+(?:\.\d+)?)/m.exec(printed)?.[1] ?? null;
}

/** Whether a version is at least another, number by number. */
export function atLeast(version: string, least: string): boolean {
  const numbers = (text: string): number[] => text.split(".").map(Number);
  const [have, want] = [numbers(version), numbers(least)];
  for (const [index, wanted] of want.entries()) {
    const difference = (have[index] ?? 0) - wanted;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * The Asterisk to use: the one named in the environment, else an installed one that is new enough, else the private
 * root's. One that is named and too old is a fault; one that is merely installed and too old is passed over.
 */
export async function chooseAsterisk(env: OpsEnvironment): Promise<AsteriskChoice> {
  if (env.asterisk !== undefined) {
    const version = await versionOf(env.asterisk);
    if (version === null || !atLeast(version, leastVersion))
      throw asteriskFault(env.asterisk, version ?? "", leastVersion);
    return { kind: "installed", path: env.asterisk, version };
  }
  for (const folder of new Set([...env.path.split(delimiter), "/usr/sbin", "/usr/local/sbin"])) {
    const path = join(folder, "asterisk");
    if (folder === "" || !(await isProgram(path))) continue;
    const version = await versionOf(path);
    if (version !== null && atLeast(version, leastVersion))
      return { kind: "installed", path, version };
  }
  return { kind: "root" };
}

async function versionOf(path: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(path, ["-V"], { timeout: 5_000 });
    return asteriskVersion(stdout);
  } catch {
    // Whatever is wrong with it, it is not an Asterisk that can be run; the caller says so.
    return null;
  }
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
