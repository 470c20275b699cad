import { setTimeout as pause } from "node:timers/promises";
import type { Census } from "./census.ts";
import { type Group, stageOf } from "./crowd.ts";
import type { RunOptions, Verdict } from "./row.ts";
import type { Stage, StageOptions } from "./stage.ts";

/** From exec until the server has its calls in hand, at most. */
const CONTROL_MS = 1_000;

/** People in every stage of a call, others who come and go. */
export function fullHouse({ quick }: Pick<RunOptions, "quick">): StageOptions {
  if (quick)
    return {
      seats: { talk: 10, ring: 4, wait: 3, brisk: 3 },
      load: { talking: 10, waiting: 20, ringing: 4, menu: 5, perSecond: 2 },
    };
  return {
    seats: { talk: 50, ring: 5, wait: 5, brisk: 4 },
    load: { talking: 50, waiting: 50, ringing: 5, menu: 5, perSecond: 2 },
  };
}

/**
 * Settles when the server has its calls in hand again, with the milliseconds that took. The moments are those of its
 * own log, so that a busy test does not make it slower than it is. Rejects when it does not come up at all.
 */
export async function backInControl(stage: Stage, verdict: Verdict): Promise<number> {
  const { server } = stage;
  verdict.worst("health_ms", await server.healthy());
  const inHand = await server.spoke("the calls are in hand", 5_000);
  if (inHand === null) throw new Error("the server never said that it has its calls in hand");
  const took = inHand.time - server.launchedAt;
  verdict.within("control_ms", took, CONTROL_MS);
  return took;
}

/** What a fault may change for those who were standing there. */
export interface Allowed {
  /**
   * The dialplan had the callers, so the phones that rang for them were let go; who was rung for is rung for again, by
   * whoever's turn it is then.
   */
  readonly rungAnew?: boolean;
}

/** The standing callers are where they were: stage, agent, order, and since when they wait. */
export async function sameAsBefore(
  stage: Stage,
  before: Census,
  verdict: Verdict,
  when: string,
  { rungAnew = false }: Allowed = {},
): Promise<void> {
  const after = await stage.census();
  const now = new Map(after.calls.map((call) => [call.phone_number, call]));
  const then = new Map(before.calls.map((call) => [call.phone_number, call]));
  const wrong: string[] = [];
  for (const group of Object.keys(stageOf) as (keyof typeof stageOf)[]) {
    for (const number of stage.crowd.numbers[group satisfies Group]) {
      const call = now.get(number);
      const old = then.get(number);
      if (call === undefined) wrong.push(`${number} of ${group} is not there`);
      else if (call.status !== stageOf[group])
        wrong.push(`${number} of ${group} is ${call.status}`);
      else if (call.call_id !== old?.call_id) wrong.push(`${number} of ${group} is another call`);
      else if (call.queued_at !== old.queued_at) wrong.push(`${number} waits since another moment`);
      else if (call.agent_id !== old.agent_id && !(rungAnew && group === "ring"))
        wrong.push(`${number} is with another agent`);
    }
  }
  if (wrong.length > 0)
    verdict.breach(
      `${when}: ${wrong.length} calls are not as they were: ${wrong.slice(0, 5).join("; ")}`,
    );
  const standing = new Set(stage.crowd.numbers.wait);
  const order = (census: Census) => census.waiting.filter((number) => standing.has(number));
  const [old, own] = [order(before), order(after)];
  const moved = old.findIndex((number, place) => own[place] !== number);
  if (own.length === old.length && moved === -1) return;
  const from = Math.max(0, moved);
  verdict.breach(
    `${when}: the waiting order is another: ${old.length} waited and ${own.length} do, from place ${from + 1} on ${old.slice(from, from + 4).join()} are ${own.slice(from, from + 4).join()}`,
  );
}

/**
 * Brings a fault about and looks what has come of it: people in every stage, the fault, and `settleMs` after it is over
 * everybody where she was, no ghost, nothing that belongs to nobody.
 */
export async function survives(
  stage: Stage,
  verdict: Verdict,
  name: string,
  fault: () => Promise<void>,
  { settleMs = 2_000, ...allowed }: Allowed & { readonly settleMs?: number } = {},
): Promise<void> {
  const before = await stage.census();
  await fault();
  await pause(settleMs);
  const when = `${settleMs / 1_000} s after ${name}`;
  await stage.look(verdict, when);
  await sameAsBefore(stage, before, verdict, when, allowed);
}
