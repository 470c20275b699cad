import type { Agent } from "../../src/domain/agent.ts";
import { asCallId } from "../../src/domain/ids.ts";
import type { WaitingCall } from "../../src/domain/queue.ts";
import { assign } from "../../src/domain/routing/assign.ts";
import { chance } from "../lab/chance.ts";
import { crowdOf, type Size } from "./crowd.ts";
import { type Figures, figures } from "./figures.ts";

/** The size of a centre, and what one look of production at it takes, in microseconds. */
export interface Look extends Figures {
  readonly agents: number;
  readonly waiting: number;
}

const houses: readonly Size[] = [
  { agents: 20, waiting: 100, queues: 4, kinds: 5 },
  { agents: 200, waiting: 2_000, queues: 10, kinds: 20 },
];
const looks = 1_000;
/** Before the code is compiled, figures are those of a server that has just started. */
const coldLooks = 200;

/**
 * What the dispatcher does when an agent becomes free: `assign` is given all who wait and all agents, as the desk knows
 * them, and orders them anew. Everybody else talks; who was assigned is followed by another caller of her queue. Counted
 * are the looks that found a call for the agent.
 */
export function looksOfProduction(): readonly Look[] {
  return houses.map((size) => ({
    agents: size.agents,
    waiting: size.waiting,
    ...figures(timesOf(size).slice(coldLooks)),
  }));
}

function timesOf(size: Size): number[] {
  const random = chance(size.agents);
  const { rules, agents, call } = crowdOf(size, random);
  const busy = agents.map(
    (agent): Agent => ({
      ...agent,
      activity: { is: "talking", call: asCallId(`CALL-OF-${agent.id}`), since: 0 },
    }),
  );
  let waiting: readonly WaitingCall[] = Array.from({ length: size.waiting }, (_, index) =>
    call(index, index),
  );
  const took: number[] = [];
  for (let index = 0; index < looks + coldLooks; index += 1) {
    const free = index % size.agents;
    const snapshot = {
      waiting,
      agents: busy.map((agent, position) => (position === free ? (agents[free] ?? agent) : agent)),
    };
    const now = size.waiting + index;
    const began = performance.now();
    const [assigned] = assign(snapshot, rules, now, random).assignments;
    const tookUs = (performance.now() - began) * 1_000;
    if (assigned === undefined) continue;
    took.push(tookUs);
    const next = { ...call(now, now), queue: assigned.queue };
    waiting = [...waiting.filter((each) => each.call !== assigned.call), next];
  }
  return took;
}
