import type { Measured } from "../../../domain/metrics/contacts.ts";
import { defined, definitions } from "../../../domain/metrics/definitions.ts";
import {
  averageHandling,
  type Handling,
  handledTogether,
  handling,
  noHandling,
} from "../../../domain/metrics/handling.ts";
import { placeIn } from "../../../domain/metrics/intervals.ts";
import type { WireAgents } from "../../contract/analytics.ts";
import type { Routes } from "../../contract/routes.ts";
import { toTime } from "../../contract/words.ts";
import type { FacadeDeps } from "../deps.ts";
import type { Asked } from "../handler.ts";
import { handlingCovers, presentHandling, secondsOf } from "./figures.ts";
import { callsIn, presentWindow, startsOf, windowOf } from "./history.ts";

type ReportDeps = Pick<FacadeDeps, "store" | "centre" | "clock">;
type Input = Asked<Routes["agentPerformance"]>["input"];
type Offer = Measured["offers"][number];

/** What is known of one agent in one stretch of time. */
interface AgentTally {
  offers: number;
  answered: number;
  missed: number;
  work: Handling;
}
const none: AgentTally = { offers: 0, answered: 0, missed: 0, work: noHandling };

/** What each agent was offered, what she made of it, and how long she talked; by interval where one is asked for. */
export async function agentsOf(input: Input, deps: ReportDeps): Promise<WireAgents> {
  const asked = deps.centre.agents.filter(
    ({ id }) => input.agent === undefined || id === input.agent,
  );
  const window = windowOf(input, deps, Math.max(1, asked.length));
  const { interval } = input;
  const starts = interval === undefined ? [window.from] : startsOf(window, interval);
  const tallies = new Map(asked.map(({ id }) => [id, starts.map(() => ({ ...none }))]));
  const isOfQueue = (queue: string | null) => window.queue === null || queue === window.queue;
  for await (const { startedAt, offers, talks } of callsIn(window, deps)) {
    const place = placeIn(starts, startedAt);
    for (const offer of offers) {
      const tally = isOfQueue(offer.queue) ? tallies.get(offer.agent)?.[place] : undefined;
      if (tally !== undefined) countOffer(tally, offer);
    }
    for (const talk of talks) {
      const tally = isOfQueue(talk.queue) ? tallies.get(talk.agent)?.[place] : undefined;
      if (tally !== undefined) tally.work = handling(tally.work, talk);
    }
  }
  const agents = asked.map(({ id, name }) => {
    const parts = tallies.get(id) ?? [];
    const intervals = parts.map((part, place) => ({
      at: toTime(starts[place] ?? window.from),
      ...present(part),
    }));
    return {
      agent_id: id,
      name,
      ...present(parts.reduce(addTallies, none)),
      ...(interval === undefined ? {} : { intervals }),
    };
  });
  return {
    ...presentWindow(window),
    interval: interval ?? null,
    aht_covers: handlingCovers(noHandling),
    agents,
    definitions: {
      ...defined(
        "offers",
        "missed",
        "transferred",
        "talk_seconds",
        "hold_seconds",
        "wrap_seconds",
        "aht_seconds",
        "occupancy",
        "interval",
      ),
      answered: definitions.answered_offers,
      calls: definitions.handled,
    },
  };
}

function present({ offers, answered, missed, work }: AgentTally) {
  const { handled, ...rest } = presentHandling(work);
  const aht = secondsOf(averageHandling(work));
  return { offers, answered, missed, calls: handled, ...rest, aht_seconds: aht };
}

function countOffer(tally: AgentTally, { outcome }: Offer): void {
  tally.offers += 1;
  if (outcome === "answered") tally.answered += 1;
  else if (outcome !== null && isMissed(outcome)) tally.missed += 1;
}

const addTallies = (left: AgentTally, right: AgentTally): AgentTally => ({
  offers: left.offers + right.offers,
  answered: left.answered + right.answered,
  missed: left.missed + right.missed,
  work: handledTogether(left.work, right.work),
});

/** Whether it was hers not to answer; that the caller hung up, or somebody else was quicker, was not. */
const isMissed = (outcome: NonNullable<Offer["outcome"]>): boolean =>
  outcome !== "caller_left" && outcome !== "answered_elsewhere" && outcome !== "withdrawn";
