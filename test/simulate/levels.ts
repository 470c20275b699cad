import type { Centre } from "../../src/domain/centre.ts";
import { asAgentId, asQueueName } from "../../src/domain/ids.ts";
import { rulesOf } from "../../src/domain/routing/rules.ts";
import { arrivalsOf, type Stream } from "../../src/ops/simulate/arrivals.ts";
import { chance } from "../../src/ops/simulate/chance.ts";
import { play, type Watcher } from "../../src/ops/simulate/play.ts";
import { playThroughFlows, wrapUpOf } from "./flows.ts";

/** How much of Kituo is played: the desk's verbs and the assignment, or whole calls through the flows. */
export type Level = "desk" | "flows";

/** A centre, and who calls it. */
export interface Played {
  readonly centre: Centre;
  readonly streams: readonly Stream[];
}

/**
 * So many calls are one house of the flows. Houses follow each other, because the fake world keeps all that ever
 * happened in it.
 */
const houseCalls = 10_000;

/** Plays so many calls at one of the levels. */
export async function playAt(
  level: Level,
  { centre, streams }: Played,
  calls: number,
  seed: number,
  watcher: Watcher,
): Promise<void> {
  if (level === "desk") {
    const agents = centre.agents.map(({ id, extension, queues }) => ({
      id: asAgentId(id),
      extension,
      queues: queues.map(asQueueName),
    }));
    const wrapUpMs = (queue: Parameters<typeof wrapUpOf>[1]) => wrapUpOf(centre, queue);
    const house = { rules: rulesOf(centre), agents, wrapUpMs };
    await play(house, arrivalsOf(streams, calls, seed), watcher, chance(seed, 99));
    return;
  }
  for (let from = 0; from < calls; from += houseCalls) {
    const house = { centre, streams, calls: Math.min(houseCalls, calls - from), seed: seed + from };
    await playThroughFlows(house, {
      comes: (call, arrival) => watcher.comes?.(call, arrival),
      reserves: (call, agent) => watcher.reserves?.(call, agent),
      ends: (outcome) => watcher.ends?.({ ...outcome, index: outcome.index + from }),
    });
  }
}

/** Whether a call counts: what came first in each house of the flows, while it was filling, does not. */
export const counts = (level: Level, index: number): boolean =>
  level === "desk" || index % houseCalls >= houseCalls / 20;

/** How many calls are one batch of the estimates: whole houses, where there are enough of them. */
export function batchOf(level: Level, calls: number): number {
  if (level === "desk") return calls / 50;
  return calls >= 20 * houseCalls ? houseCalls : Math.min(houseCalls, calls) / 20;
}
