import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { KituoError } from "../../domain/errors.ts";
import { chart } from "../simulate/chart.ts";
import { tables } from "../simulate/report.ts";
import { readScenario } from "../simulate/scenario.ts";
import { clock, type PoolStaffing, staffingOf } from "../simulate/staffing.ts";

interface SimulateOptions {
  readonly scenario: string;
  readonly json?: boolean;
  readonly chart?: string;
  readonly calls: number;
  readonly seed: number;
}

/** `kituo simulate --scenario FILE`: the agents that expected calls need. Needs no server. */
export function simulate(): Command {
  return new Command("simulate")
    .description("how many agents the calls of a scenario need, played through Kituo's own routing")
    .requiredOption("--scenario <file>", "what is expected; docs/staffing.yaml is an example")
    .option("--json", "for programs")
    .option("--chart <file>", "write a chart of it, as SVG")
    .option(
      "--calls <number>",
      "calls that are played for each line",
      between(1_000, 10_000_000),
      10_000,
    )
    .option("--seed <number>", "the same seed meets the same calls", between(0, 2 ** 32 - 1), 1)
    .action(async ({ scenario: file, json, chart: chartFile, calls, seed }: SimulateOptions) => {
      const scenario = readScenario(file);
      const pools = await staffingOf(scenario, { calls, seed });
      if (chartFile !== undefined) write(chartFile, chart(scenario.name, pools));
      if (json === true)
        console.log(JSON.stringify({ ...effort(calls, seed), pools: pools.map(wire) }));
      else {
        console.log(`${scenario.name}: ${calls} calls for each line, seed ${seed}\n`);
        console.log(tables(pools).trimEnd());
      }
    });
}

const effort = (calls: number, seed: number) => ({ calls_played: calls, seed });

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new KituoError("bad_request", `The chart cannot be written to ${file}.`, [], error);
  }
}

/** A pool as programs read it; what is not known, or has no end, is `null`. */
function wire({ queues, groups, intervals }: PoolStaffing) {
  return {
    queues: queues.map(({ name }) => name),
    planned: groups.map(({ name, count }) => ({ group: name, agents: count })),
    intervals: intervals.map(({ from, to, load, needed, by, rows, loads }) => ({
      from: clock(from),
      to: clock(to),
      calls_per_hour: Object.fromEntries(
        loads.map(({ queue, traffic }) => [queue.name, traffic.callsPerHour]),
      ),
      erlangs: load,
      agents_needed: needed,
      decided_by: by,
      rows: rows.map(({ agents, mix, occupancy, meets, queues: figures }) => ({
        agents,
        groups: groups.map(({ name }, index) => ({ group: name, agents: mix[index] ?? 0 })),
        occupancy,
        meets_target: meets,
        queues: figures.map(({ queue, target, inTime, answerMs, abandons, theory }) => ({
          queue,
          target: { share: target.share, within_ms: target.withinMs },
          in_time: inTime,
          mean_wait_ms: answerMs,
          abandoned: abandons,
          theory:
            theory === null
              ? null
              : {
                  in_time: theory.inTime,
                  mean_wait_ms: Number.isFinite(theory.answerMs) ? theory.answerMs : null,
                  abandoned: theory.abandons,
                },
        })),
      })),
    })),
  };
}
