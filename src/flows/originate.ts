import { randomUUID } from "node:crypto";
import { begin, type CallState } from "../domain/call.ts";
import type { CallFact } from "../domain/call-fact.ts";
import { callsBack } from "../domain/callback.ts";
import { isExtension, type QueueSettings } from "../domain/centre.ts";
import { KituoError } from "../domain/errors.ts";
import { type AgentId, asChannelId, asQueueName } from "../domain/ids.ts";
import { trunkFor } from "../domain/waiting.ts";
import { bookCall } from "./booking.ts";
import { callColleague, telephoneOf } from "./colleague.ts";
import type { Deps } from "./deps.ts";
import { callOn } from "./identity.ts";
import { inboundCall } from "./inbound.ts";

/** A call that a user orders. */
export interface Origination {
  /** Whom to call, as people write numbers, or an extension. */
  readonly number: string;
  readonly name: string;
  /** In whose name; `null`: the agent's first queue that may call the number, or the centre's. */
  readonly department: string | null;
  /** Whose telephone rings first; `null`: that of the department's agent whose turn it is. */
  readonly agent: AgentId | null;
  /** How often she is called at most. */
  readonly tries: number;
  readonly by: string;
}

/**
 * Begins a call from us to somebody. Settles with its first state when it has begun; what comes of it are its facts.
 * Rejects with a `KituoError` that says why it cannot begin.
 */
export async function originate(wish: Origination, deps: Deps): Promise<CallState> {
  if (isExtension(wish.number)) return await callColleague(wish, deps);
  const { by, agent, tries, name } = wish;
  const number = deps.e164(wish.number);
  if (number === null)
    throw new KituoError("bad_request", "That is no telephone number.", [
      "phone_number: must be a telephone number, for example +254711000001",
    ]);
  if (agent !== null) await telephoneOf(agent, "agent_id", deps);
  const queue = queueFor(wish, number, deps);
  if (trunkFor(queue.callback, deps.centre.trunks) === undefined)
    throw new KituoError("conflict", "There is no trunk to call over: kituo.yaml has none.");
  const started = {
    type: "started",
    direction: "outbound",
    caller: number,
    callerName: name,
    dialled: number,
    channel: asChannelId(`order-${randomUUID()}`),
    callback: { of: null, from: ownNumber(queue, deps), ordered: { by, agent, tries } },
  } as const;
  const place: readonly CallFact[] = [
    { type: "queued", queue: asQueueName(queue.name), priority: 0 },
  ];
  const lineFree = Promise.resolve();
  const at = deps.clock.now();
  const id = callOn(started.channel);
  const booking = { started, place, askedIn: null, lineFree, flow: inboundCall };
  const calls = await bookCall(booking, deps);
  if (calls !== id) throw new KituoError("conflict", `${calls} is to call this number already.`);
  return begin({ ...started, call: id, seq: 1, at });
}

/** The queue in whose name a number is called: one that may (`callback.only`). */
function queueFor({ department, agent }: Origination, number: string, { centre }: Deps) {
  const { queues, agents } = centre;
  const hers = agents.find(({ id }) => id === agent)?.queues;
  const names = department === null ? (hers ?? queues.map(({ name }) => name)) : [department];
  const asked = queues.filter(({ name }) => names.includes(name));
  if (department !== null && asked.length === 0)
    throw new KituoError("bad_request", "There is no such department.", [
      `department: must be one of ${queues.map(({ name }) => name).join(", ")}`,
    ]);
  const queue = asked.find(({ callback }) => callsBack(callback, number));
  if (queue === undefined)
    throw new KituoError(
      "number_not_allowed",
      `None of these queues may call this number: ${asked.map(({ name }) => name).join(", ")}.`,
    );
  return queue;
}

/** The number that whoever is called sees: one that leads to the queue, else the first of the centre. */
function ownNumber({ name }: QueueSettings, { centre }: Deps): string {
  const { numbers } = centre;
  const direct = numbers.find((line) => "queue" in line && line.queue === name);
  return (direct ?? numbers[0])?.number ?? "";
}
