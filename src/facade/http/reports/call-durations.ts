import type { Talk } from "../../../domain/metrics/contacts.ts";
import { defined } from "../../../domain/metrics/definitions.ts";
import { type Spread, spreadOf } from "../../../domain/metrics/spread.ts";
import type { WireDurations } from "../../contract/analytics.ts";
import type { Routes } from "../../contract/routes.ts";
import type { FacadeDeps } from "../deps.ts";
import type { Asked } from "../handler.ts";
import { secondsOf } from "./figures.ts";
import { callsIn, presentWindow, windowOf } from "./history.ts";

type ReportDeps = Pick<FacadeDeps, "store" | "centre" | "clock">;
type Input = Asked<Routes["callDurations"]>["input"];

/** How long calls, conversations and waits were. */
export async function durationsOf(input: Input, deps: ReportDeps): Promise<WireDurations> {
  const window = windowOf(input, deps);
  const [calls, conversations, waits]: [number[], number[], number[]] = [[], [], []];
  const isAsked = ({ agent, queue }: Pick<Talk, "agent" | "queue">) =>
    (input.agent === undefined || agent === input.agent) &&
    (window.queue === null || queue === window.queue);
  for await (const { startedAt, endedAt, contacts, talks } of callsIn(window, deps)) {
    const hers = talks.filter(isAsked);
    const isOne = (input.agent === undefined && window.queue === null) || hers.length > 0;
    if (endedAt !== null && isOne) calls.push(endedAt - startedAt);
    for (const talk of hers) if (talk.endedAt !== null) conversations.push(talk.endedAt - talk.at);
    for (const { end, agent, queue, enteredAt, endedAt: until } of contacts) {
      if (end === "answered" && agent !== null && until !== null && isAsked({ agent, queue }))
        waits.push(until - enteredAt);
    }
  }
  return {
    ...presentWindow(window),
    duration: presentSpread(spreadOf(calls)),
    talk: presentSpread(spreadOf(conversations)),
    wait: presentSpread(spreadOf(waits)),
    definitions: defined("duration_seconds", "talk_seconds", "wait_seconds", "interval"),
  };
}

const presentSpread = (spread: Spread) => ({
  count: spread.count,
  total_seconds: secondsOf(spread.totalMs) ?? 0,
  average_seconds: secondsOf(spread.averageMs),
  min_seconds: secondsOf(spread.leastMs),
  median_seconds: secondsOf(spread.medianMs),
  p90_seconds: secondsOf(spread.p90Ms),
  max_seconds: secondsOf(spread.mostMs),
});
