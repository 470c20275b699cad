import { createHash } from "node:crypto";
import { type Agent, whyNotRoutable } from "../../domain/agent.ts";
import { callStages } from "../../domain/call.ts";
import { parts } from "../../domain/health.ts";
import { invariants } from "../../domain/invariants.ts";
import type { WaitingCall } from "../../domain/queue.ts";
import type { FacadeDeps } from "./deps.ts";
import { exposition, expositionType, type Family } from "./exposition.ts";
import type { Some } from "./handler.ts";

type MetricsDeps = Pick<FacadeDeps, "centre" | "clock" | "desk" | "drain" | "parts" | "violations">;

/** What an agent can be doing as far as a queue is concerned; each is told, so that no series comes and goes. */
const states = [
  "available",
  "offered",
  "talking",
  "after_call",
  "resting",
  "paused",
  "ringing",
  "busy",
  "unreachable",
  "offline",
] as const;

/** What Prometheus asks for: how many wait and work, how each part is, what should never have happened. */
export function metricsHandlers(deps: MetricsDeps): Some<"metrics"> {
  const { desk, drain, parts: seen, violations } = deps;
  return {
    async metrics() {
      const [{ waiting, agents }, live] = await Promise.all([desk.view(), desk.liveCalls()]);
      const health = seen();
      const counts = violations();
      const text = exposition([
        ...ofQueues(waiting, agents, deps),
        {
          name: "kituo_calls",
          help: "Live calls by the stage they are in.",
          type: "gauge",
          samples: callStages
            .filter((stage) => stage !== "ended")
            .map((stage) => ({
              labels: { stage },
              value: live.filter(({ state }) => state.stage === stage).length,
            })),
        },
        {
          name: "kituo_calls_in_hand",
          help: "Callers in the hands of this process.",
          type: "gauge",
          samples: [{ value: drain.state().calls }],
        },
        {
          name: "kituo_part_up",
          help: "Whether a part that this process leans on is up.",
          type: "gauge",
          samples: parts.map((part) => ({
            labels: { part },
            value: health[part].state === "up" ? 1 : 0,
          })),
        },
        {
          name: "kituo_invariant_violations_total",
          help: "What should never have been and was seen by this process; each is in its log.",
          type: "counter",
          samples: invariants.map((invariant) => ({
            labels: { invariant },
            value: counts[invariant],
          })),
        },
      ]);
      const tag = createHash("sha256").update(text).digest("base64url").slice(0, 22);
      return { bytes: Buffer.from(text), type: expositionType, tag };
    },
  };
}

function ofQueues(
  waiting: readonly WaitingCall[],
  agents: readonly Agent[],
  { centre, clock }: MetricsDeps,
): readonly Family[] {
  const now = clock.now();
  const names = centre.queues.map(({ name }) => name);
  const inQueue = (name: string) => waiting.filter(({ queue }) => queue === name);
  return [
    {
      name: "kituo_queue_waiting",
      help: "Callers who wait in a queue.",
      type: "gauge",
      samples: names.map((queue) => ({ labels: { queue }, value: inQueue(queue).length })),
    },
    {
      name: "kituo_queue_longest_wait_seconds",
      help: "How long the caller has waited who waits longest.",
      type: "gauge",
      samples: names.map((queue) => {
        const entries = inQueue(queue).map(({ enteredAt }) => enteredAt);
        const longest = entries.length === 0 ? 0 : Math.max(0, now - Math.min(...entries));
        return { labels: { queue }, value: longest / 1_000 };
      }),
    },
    {
      name: "kituo_queue_agents",
      help: "Agents who serve a queue, by what they do; an agent counts in each of her queues.",
      type: "gauge",
      samples: names.flatMap((queue) => {
        const serving = agents.filter(({ queues }) => queues.some((each) => each === queue));
        return states.map((state) => ({
          labels: { queue, state },
          value: serving.filter((agent) => (whyNotRoutable(agent) ?? "available") === state).length,
        }));
      }),
    },
  ];
}
