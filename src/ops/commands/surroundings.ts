import { join } from "node:path";
import { readCentre } from "../../config.ts";
import type { Centre } from "../../domain/centre.ts";
import { KituoError } from "../../domain/errors.ts";
import { home, opsEnvironment } from "../environment.ts";
import { type Finding, printFinding } from "../finding.ts";

/** The files that people edit, where this installation has them. */
export interface Surroundings {
  readonly centre: Centre;
  readonly menusFolder: string;
  readonly promptsFolder: string;
  readonly dialplanFolder: string;
}

/** Finds and reads what the commands that check files look at. */
export function surroundings(): Surroundings {
  const { centreFile, all } = opsEnvironment();
  const dialplanFolder = join(home, "dialplan");
  return {
    centre: readCentre(centreFile),
    menusFolder: all["KITUO_MENUS"] ?? join(dialplanFolder, "menus"),
    promptsFolder: all["KITUO_PROMPTS"] ?? join(home, "prompts"),
    dialplanFolder,
  };
}

/** Says that all is well, or fails with every fault. */
export function conclude(faults: readonly (Finding | string)[], what: string): void {
  if (faults.length === 0) {
    console.log(`${what}: no faults.`);
    return;
  }
  throw new KituoError(
    "config_invalid",
    `${what}: ${faults.length} fault${faults.length === 1 ? "" : "s"}.`,
    faults.map((fault) => (typeof fault === "string" ? fault : printFinding(fault))),
  );
}
