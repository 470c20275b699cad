import type { Table } from "./csv.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { agentsOf } from "./reports/agent-performance.ts";
import { durationsOf } from "./reports/call-durations.ts";
import { volumeOf } from "./reports/call-volume.ts";
import { levelsOf } from "./reports/service-levels.ts";

type AnalyticsDeps = Pick<FacadeDeps, "store" | "centre" | "clock">;

/** Reports, computed from the facts of calls each time that they are asked for. */
export function analyticsHandlers(
  deps: AnalyticsDeps,
): Some<
  | "callVolume"
  | "callVolumeCsv"
  | "serviceLevels"
  | "serviceLevelsCsv"
  | "agentPerformance"
  | "agentPerformanceCsv"
  | "callDurations"
  | "callDurationsCsv"
> {
  return {
    callVolume: ({ input }) => volumeOf(input, deps),
    serviceLevels: ({ input }) => levelsOf(input, deps),
    agentPerformance: ({ input }) => agentsOf(input, deps),
    callDurations: ({ input }) => durationsOf(input, deps),

    async callVolumeCsv({ input }) {
      return tableOf("call-volume.csv", (await volumeOf(input, deps)).intervals);
    },
    async serviceLevelsCsv({ input }) {
      return tableOf("service-level.csv", (await levelsOf(input, deps)).intervals);
    },
    async agentPerformanceCsv({ input }) {
      const { agents } = await agentsOf(input, deps);
      const rows = agents.flatMap(({ intervals, ...whole }) => {
        const { agent_id, name } = whole;
        return intervals?.map(({ at, ...part }) => ({ at, agent_id, name, ...part })) ?? [whole];
      });
      return tableOf("agent-performance.csv", rows);
    },
    async callDurationsCsv({ input }) {
      const { duration, talk, wait, queues, agents } = await durationsOf(input, deps);
      const parts = [
        { of: { duration, talk, wait } },
        ...queues.map(({ queue, ...of }) => ({ queue, of })),
        ...agents.map(({ agent_id, ...of }) => ({ agent_id, of })),
      ];
      const rows = parts.flatMap(({ of, ...whose }) =>
        Object.entries(of).map(([name, spread]) => ({
          of: name,
          queue: null,
          agent_id: null,
          ...whose,
          ...spread,
        })),
      );
      return tableOf("call-duration-stats.csv", rows);
    },
  };
}

/** Rows that are alike as a table; of none there are no columns either. */
function tableOf(
  fileName: string,
  rows: readonly Readonly<Record<string, string | number | null>>[],
): Table {
  const columns = Object.keys(rows[0] ?? {});
  return { fileName, columns, rows: rows.map((row) => columns.map((name) => row[name] ?? null)) };
}
