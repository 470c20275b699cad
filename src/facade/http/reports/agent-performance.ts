import { defined } from "../../../domain/metrics/definitions.ts";
import type { WireAgents } from "../../contract/analytics.ts";
import type { Routes } from "../../contract/routes.ts";
import type { FacadeDeps } from "../deps.ts";
import type { Asked } from "../handler.ts";
import { Problem } from "../problems.ts";
import { secondsOf } from "./figures.ts";
import { callsIn, presentWindow, windowOf } from "./history.ts";

type ReportDeps = Pick<FacadeDeps, "store" | "centre" | "clock">;
type Input = Asked<Routes["agentPerformance"]>["input"];

/** What each agent was offered, what she made of it, and how long she talked. */
export async function agentsOf(input: Input, deps: ReportDeps): Promise<WireAgents> {
  const window = windowOf(input, deps);
  const asked = deps.centre.agents.filter(
    ({ id }) => input.agent === undefined || id === input.agent,
  );
  if (asked.length === 0)
    throw new Problem("bad_request", "The report cannot be made.", {
      faults: ["agent: there is no such agent"],
    });
  const tallies = new Map(
    asked.map(({ id }) => [id, { offers: 0, answered: 0, missed: 0, calls: 0, talkMs: 0 }]),
  );
  const isOfQueue = (queue: string | null) => window.queue === null || queue === window.queue;
  for await (const { offers, talks } of callsIn(window, deps)) {
    for (const { agent, queue, outcome } of offers) {
      const tally = isOfQueue(queue) ? tallies.get(agent) : undefined;
      if (tally === undefined) continue;
      tally.offers += 1;
      if (outcome === "answered") tally.answered += 1;
      else if (outcome !== null && isMissed(outcome)) tally.missed += 1;
    }
    for (const { agent, queue, at, endedAt } of talks) {
      const tally = isOfQueue(queue) ? tallies.get(agent) : undefined;
      if (tally === undefined || endedAt === null) continue;
      tally.calls += 1;
      tally.talkMs += endedAt - at;
    }
  }
  const agents = asked.map(({ id, name }) => {
    const { talkMs = 0, ...counts } = tallies.get(id) ?? {
      offers: 0,
      answered: 0,
      missed: 0,
      calls: 0,
    };
    return {
      agent_id: id,
      name,
      ...counts,
      talk_seconds: secondsOf(talkMs) ?? 0,
      aht_seconds: counts.calls === 0 ? null : secondsOf(talkMs / counts.calls),
      occupancy: null,
    };
  });
  const definitions = defined(
    "offers",
    "answered",
    "missed",
    "talk_seconds",
    "aht_seconds",
    "occupancy",
  );
  return { ...presentWindow(window), agents, definitions };
}

/** Whether it was hers not to answer; that the caller hung up, or somebody else was quicker, was not. */
const isMissed = (outcome: string): boolean =>
  outcome !== "caller_left" && outcome !== "answered_elsewhere";
