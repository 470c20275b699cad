import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { KituoError } from "../../domain/errors.ts";
import { opsEnvironment } from "../environment.ts";
import { readState, startOf } from "../state.ts";

/** How long everything together may take to end in order; then its keeper is killed, and all the rest with it. */
const patience = 45_000;

/** `kituo down`: ends what `kituo up` started, in order. */
export function down(): Command {
  return new Command("down").description("end what `up` started").action(async () => {
    const { varFolder } = opsEnvironment();
    const state = existsSync(varFolder) ? readState(varFolder) : null;
    if (state === null) {
      console.log("Kituo is not up; there is nothing to end.");
      return;
    }
    const { pid, started } = state.keeper;
    const isUp = (): boolean => startOf(pid) === started;
    process.kill(pid, "SIGTERM");
    if (await untilNot(isUp, patience)) {
      console.log("Kituo is down.");
      return;
    }
    process.kill(pid, "SIGKILL");
    if (!(await untilNot(isUp, 5_000)))
      throw new KituoError("internal", `Process ${pid} does not end, not even killed.`);
    console.log("Kituo did not end in time and was killed.");
  });
}

async function untilNot(condition: () => boolean, within: number): Promise<boolean> {
  const deadline = performance.now() + within;
  while (condition()) {
    if (performance.now() > deadline) return false;
    await pause(50);
  }
  return true;
}
