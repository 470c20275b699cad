import { defined } from "../../../domain/metrics/definitions.ts";
import { Lengths, type Spread } from "../../../domain/metrics/spread.ts";
import type { WireDurations } from "../../contract/analytics.ts";
import type { Routes } from "../../contract/routes.ts";
import type { FacadeDeps } from "../deps.ts";
import type { Asked } from "../handler.ts";
import { secondsOf } from "./figures.ts";
import { callsIn, presentWindow, windowOf } from "./history.ts";

type ReportDeps = Pick<FacadeDeps, "store" | "centre" | "clock">;
type Input = Asked<Routes["callDurations"]>["input"];

/** Who took part in a stay or a conversation. */
interface Party {
  readonly queue: string | null;
  readonly agent: string | null;
}

/** How long calls, conversations and waits were, in all, by queue and by agent. */
export async function durationsOf(input: Input, deps: ReportDeps): Promise<WireDurations> {
  const window = windowOf(input, deps);
  const { queue: wanted, agent: who } = window;
  const [calls, all] = [new Lengths(), new Durations()];
  const queues = durationsOfEach(
    deps.centre.queues.map(({ name }) => name),
    wanted,
  );
  const agents = durationsOfEach(
    deps.centre.agents.map(({ id }) => id),
    who,
  );
  const isAsked = ({ agent, queue }: Party) =>
    (who === null || agent === who) && (wanted === null || queue === wanted);
  const of = ({ queue, agent }: Party): readonly Durations[] =>
    [all, queues.get(queue ?? ""), agents.get(agent ?? "")].filter((each) => each !== undefined);
  for await (const { startedAt, endedAt, contacts, talks } of callsIn(window, deps)) {
    const hers = talks.filter(isAsked);
    const isOne = (who === null && wanted === null) || hers.length > 0;
    if (endedAt !== null && isOne) calls.add(endedAt - startedAt);
    for (const talk of hers) {
      if (talk.endedAt === null) continue;
      for (const { talk: lengths } of of(talk)) lengths.add(talk.endedAt - talk.at);
    }
    for (const contact of contacts.filter(isAsked)) {
      if (contact.end !== "answered" || contact.endedAt === null) continue;
      for (const { wait } of of(contact)) wait.add(contact.endedAt - contact.enteredAt);
    }
  }
  return {
    ...presentWindow(window),
    duration: presentSpread(calls.spread()),
    ...all.present(),
    queues: Array.from(queues, ([queue, each]) => ({ queue, ...each.present() })),
    agents: Array.from(agents, ([agent_id, each]) => ({ agent_id, ...each.present() })),
    definitions: defined(
      "duration_seconds",
      "talk_seconds",
      "wait_seconds",
      "percentiles",
      "interval",
    ),
  };
}

class Durations {
  readonly talk = new Lengths();
  readonly wait = new Lengths();

  present() {
    return { talk: presentSpread(this.talk.spread()), wait: presentSpread(this.wait.spread()) };
  }
}

const durationsOfEach = (names: readonly string[], wanted: string | null) =>
  new Map(
    names
      .filter((name) => wanted === null || name === wanted)
      .map((name) => [name, new Durations()]),
  );

const presentSpread = (spread: Spread) => ({
  count: spread.count,
  total_seconds: secondsOf(spread.totalMs) ?? 0,
  average_seconds: secondsOf(spread.averageMs),
  min_seconds: secondsOf(spread.leastMs),
  median_seconds: secondsOf(spread.medianMs),
  p90_seconds: secondsOf(spread.p90Ms),
  p95_seconds: secondsOf(spread.p95Ms),
  p99_seconds: secondsOf(spread.p99Ms),
  max_seconds: secondsOf(spread.mostMs),
});
