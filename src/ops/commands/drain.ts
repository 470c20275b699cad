import { setTimeout as pause } from "node:timers/promises";
import { Command, InvalidArgumentError } from "commander";
import { hasCode, KituoError } from "../../domain/errors.ts";
import type { Drain } from "../../facade/contract/session.ts";
import { startOf } from "../state.ts";
import { adminApi, currentState, type ServerAddress, serverAt } from "./current.ts";

interface DrainOptions {
  readonly within?: number;
  readonly url?: string;
}

/** How long a server may take to end once nothing holds it any more. */
const graceMs = 30_000;
const askEveryMs = 250;

/** `kituo drain`: a server ends, and no caller notices. Exit status 0 when it has gone. */
export function drain(): Command {
  return new Command("drain")
    .description("let a server end: it claims no new call, those it has go on, then it stops")
    .option(
      "--within <seconds>",
      "then it stops with calls left, which other servers take",
      seconds,
    )
    .option("--url <address>", "a server that `up` did not start, for example the second of two")
    .action(async ({ within, url }: DrainOptions) => {
      const server = url === undefined ? ownServer() : otherServer(url);
      if (server === null) {
        console.log("There is no server to drain.");
        return;
      }
      const ask = await adminApi(server);
      const query = within === undefined ? "" : `?within=${within}`;
      let { calls } = (await ask("POST", `/api/system/drain${query}`)) as Drain;
      console.log(`No new call is claimed from now on; ${left(calls)}.`);

      let heldUntil = within === undefined ? Infinity : performance.now() + within * 1000;
      while (!(await server.hasGone())) {
        if (calls === 0) heldUntil = Math.min(heldUntil, performance.now());
        if (performance.now() > heldUntil + graceMs)
          throw new KituoError("internal", `The server at ${server.url} does not end.`, [
            "`kituo logs` tells more.",
          ]);
        await pause(askEveryMs);
        const now = await stateOf(ask);
        if (now === null || now.calls === calls) continue;
        ({ calls } = now);
        console.log(`${left(calls)}.`);
      }
      console.log("The server has gone.");
    });
}

/** `null` when it does not answer: it is on its way out, or has gone. */
async function stateOf(ask: Awaited<ReturnType<typeof adminApi>>): Promise<Drain | null> {
  try {
    return (await ask("GET", "/api/system/drain")) as Drain;
  } catch (error) {
    if (hasCode(error, "internal")) return null;
    throw error;
  }
}

interface Drained extends ServerAddress {
  hasGone(): Promise<boolean>;
}

/** The server of the instance that is up. */
function ownServer(): Drained | null {
  const state = currentState();
  const pid = state.pids["server"];
  const started = pid === undefined ? null : startOf(pid);
  if (pid === undefined || started === null) return null;
  return { url: state.url, files: state.files, hasGone: async () => startOf(pid) !== started };
}

/** A server that was started by hand or by a service manager; it has gone when nobody listens there any more. */
function otherServer(url: string): Drained {
  return { ...serverAt(url), hasGone: () => refuses(url) };
}

async function refuses(url: string): Promise<boolean> {
  try {
    const answer = await fetch(new URL("/health", url), { signal: AbortSignal.timeout(5_000) });
    await answer.arrayBuffer();
    return false;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : null;
    return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
  }
}

function left(calls: number): string {
  return calls === 1 ? "1 call is left" : `${calls} calls are left`;
}

function seconds(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isInteger(number) || number < 0 || number > 86_400)
    throw new InvalidArgumentError("A limit is a whole number of seconds from 0 to 86400.");
  return number;
}
