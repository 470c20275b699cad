import { type AgentId, asAgentId, type CallId, type QueueName } from "../../src/domain/ids.ts";
import type { WaitingCall } from "../../src/domain/queue.ts";
import { compareWaiting } from "../../src/domain/routing/ranking.ts";
import type { Dispatcher } from "../../src/flows/dispatch.ts";
import type { Desk, NewEntry } from "../../src/ports/desk.ts";
import type { Jobs } from "../../src/ports/jobs.ts";
import { rules as rulesWith, sales, support } from "../domain/routing/staff.ts";
import type { Proxy } from "./proxy.ts";

/** The heavier queue is `sales`. */
export const rules = rulesWith({ queues: { sales: { weight: 1 } } });

/** Who works here: in one queue, in the other, in both. */
export const staff = [[support], [support, sales], [sales], [support, sales]].map(
  (queues, index) => ({
    id: asAgentId(`AGT-00${index + 1}`),
    extension: `100${index + 1}`,
    queues,
  }),
);

/** A life of a process: its way to Redis, its desk and its dispatcher. */
export interface Life {
  readonly owner: string;
  readonly proxy: Proxy;
  readonly desk: Desk;
  readonly dispatcher: Dispatcher;
  readonly jobs: Jobs;
  dead: boolean;
}

/** A call as its caller and the agents know it, whatever became of the process that held it. */
export interface Known extends Omit<NewEntry, "owner" | "priority" | "alsoQueues" | "enteredAt"> {
  readonly caller: string;
  priority: number;
  alsoQueues: readonly QueueName[];
  enteredAt: number;
  life: Life;
  /** The desk has said that it has her. */
  kept: boolean;
  /** Whose phone rings for her, or who talks to her. */
  agent: AgentId | null;
  /** How long her phone may ring; nobody tells a flow whose offer is over of that. */
  until: number;
  talking: boolean;
  over: boolean;
  /** Something is being done to her; a call has one flow. */
  busy: boolean;
  stopListening: () => void;
}

/** One thing that happens, on whichever process or call the numbers fall. */
export type Action =
  | {
      readonly does: "arrive";
      readonly by: number;
      readonly caller: number;
      readonly priority: number;
      readonly sales: boolean;
      readonly helped: boolean;
      readonly later: boolean;
    }
  | { readonly does: "act"; readonly call: number; readonly how: number }
  | {
      readonly does: "presence";
      readonly by: number;
      readonly agent: number;
      readonly free: boolean;
    }
  | { readonly does: "adjust"; readonly call: number; readonly priority: number }
  | {
      readonly does: "duties";
      readonly by: number;
      readonly agent: number;
      readonly queues: readonly QueueName[];
    };

/** The end of a process: how many turns of the event loop after something began, and whether it goes on unaware. */
export interface Kill {
  readonly who: number;
  readonly turns: number;
  readonly unaware: boolean;
}

export const entryOf = (known: Known): NewEntry => {
  const { call, queue, alsoQueues, priority, language, enteredAt, life } = known;
  const also = alsoQueues.length === 0 ? {} : { alsoQueues };
  return { call, queue, ...also, priority, language, enteredAt, owner: life.owner };
};

/** Whether an agent has the call: until her phone has rung out, and as long as she talks. */
export const isWith = ({ over, agent, talking, until }: Known, now: number): boolean =>
  !over && agent !== null && (talking || until > now);

/** What is wrong with the order at the desk: it is total, and always that of the first entries, whoever holds the calls. */
export function orderFaults(
  waiting: readonly WaitingCall[],
  calls: ReadonlyMap<CallId, Known>,
): readonly string[] {
  const faults: string[] = [];
  for (const left of waiting)
    for (const right of waiting) {
      const order = compareWaiting(left, right, rules);
      const back = compareWaiting(right, left, rules);
      if (left !== right && !(order < 0 !== back < 0 && order !== 0 && back !== 0))
        faults.push(`${left.call} and ${right.call} have no order`);
    }
  const ranked = waiting.toSorted((left, right) => compareWaiting(left, right, rules));
  const served = ranked.map(({ call }) => call);
  const place = ({ queue, priority, enteredAt, call }: Known) =>
    [queue === sales ? 0 : 1, 9 - priority, enteredAt, call].join(" ");
  const entered = served
    .map((id) => calls.get(id))
    .filter((call) => call !== undefined)
    .sort((left, right) => (place(left) < place(right) ? -1 : 1))
    .map(({ call }) => call);
  if (served.join() !== entered.join())
    faults.push(`the order is ${served.join()}, and was ${entered.join()}`);
  return faults;
}
