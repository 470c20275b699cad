import { setTimeout as pause } from "node:timers/promises";
import type { AgentSettings } from "../../domain/centre.ts";
import { type AgentPhones, startAgents } from "../phones/agents.ts";
import type { PhoneSite, Sipp } from "../phones/sipp.ts";

/** How simulated agents treat a call: some hang up first, others let the caller. */
export const manner = {
  ring: { from: 1_000, to: 4_000 },
  then: "answer",
  talk: { from: 20_000, to: 60_000 },
} as const satisfies Partial<AgentPhones>;

/** Asks the API, as somebody who may sign agents in and out. */
export type Ask = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** The phones of the simulated agents. */
export interface Team {
  stop(): Promise<void>;
}

/** Puts the agents' phones on their desks; phones that break are replaced. Settles when all are registered. */
export async function seatTeam(
  site: PhoneSite,
  agents: readonly AgentSettings[],
  passwords: Readonly<Record<string, string>>,
  note: (line: string) => void,
): Promise<Team> {
  const accounts = agents.map(({ extension }) => ({
    extension,
    password: passwords[extension] ?? "",
  }));
  const start = (): Promise<Sipp> => startAgents(site, { ...manner, accounts });
  let phones = await start();
  const over = new AbortController();
  const kept = keep();
  return {
    stop: async () => {
      over.abort();
      await phones.stop();
      await kept;
    },
  };

  async function keep(): Promise<void> {
    while (!over.signal.aborted) {
      const status = await phones.exit;
      if (over.signal.aborted) return;
      note(`the agents' phones ended with status ${status}\n${await phones.errors()}`);
      await phones.stop();
      try {
        await pause(1_000, undefined, { signal: over.signal });
        phones = await start();
        if (over.signal.aborted) await phones.stop();
      } catch (error) {
        note(`the agents' phones could not be started again: ${String(error)}`);
      }
    }
  }
}

/** Signs these agents in, and everybody else out: a demo that was killed may have left some at their desks. */
export async function signIn(ask: Ask, agents: readonly AgentSettings[]): Promise<void> {
  const said = (await ask("GET", "/api/agents")) as {
    agents: { agent_id: string; presence: string }[];
  };
  const working = new Set(agents.map((agent) => agent.id));
  await Promise.all(
    said.agents.flatMap(({ agent_id: id, presence }) => {
      if (working.has(id)) return [setStatus(ask, id, "available")];
      return presence === "offline" ? [] : [setStatus(ask, id, "offline")];
    }),
  );
}

/** Signs them out, so that a later instance in the same folder does not wait for phones that are gone. */
export async function signOut(ask: Ask, agents: readonly AgentSettings[]): Promise<void> {
  await Promise.all(agents.map(({ id }) => setStatus(ask, id, "offline")));
}

const setStatus = (ask: Ask, id: string, status: string): Promise<unknown> =>
  ask("PATCH", `/api/agents/${encodeURIComponent(id)}/status`, { status });
