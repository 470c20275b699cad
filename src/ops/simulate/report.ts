import type { Estimate } from "./estimate.ts";
import {
  clock,
  type PoolStaffing,
  type QueueFigures,
  type Row,
  type Staffing,
} from "./staffing.ts";

/** The staffing of a scenario as tables, for people. */
export function tables(pools: readonly PoolStaffing[]): string {
  return pools
    .flatMap((pool) => [
      ...summary(pool),
      "",
      ...pool.intervals.flatMap((each) => table(pool, each)),
    ])
    .join("\n");
}

/** What each interval of a pool needs, in one line each. */
function summary({ queues, groups, intervals }: PoolStaffing): string[] {
  const planned = groups.reduce((all, { count }) => all + count, 0);
  const names = groups.map(({ name, count }) => `${count} ${name}`).join(", ");
  const lines = intervals.map((each) => {
    const short = each.needed - planned;
    const balance = short > 0 ? `${short} short` : short < 0 ? `${-short} to spare` : "as planned";
    return `  ${span(each)}  ${String(each.needed).padStart(4)} agents needed  ${balance}`;
  });
  return [`${queues.map(({ name }) => name).join(", ")}: planned ${names}`, ...lines];
}

const span = ({ from, to }: Staffing): string => `${clock(from)}-${clock(to)}`;

const titles = ["agents", "queue", "in time", "mean wait", "hang up", "occupancy", "by theory"];
const widths = [8, 14, 16, 12, 10, 12, 12];

/** Cells from the right of their columns; what follows the last column stands as it is. */
function line(cells: readonly string[], rest = ""): string {
  const columns = cells.map((cell, index) => cell.padStart(widths[index] ?? 0));
  return `${columns.join("")}  ${rest}`.trimEnd();
}

function table(pool: PoolStaffing, interval: Staffing): string[] {
  const calls = interval.loads
    .map(({ queue, traffic }) => `${queue.name} ${rounded(traffic.callsPerHour)} calls an hour`)
    .join(", ");
  const { load, needed, by } = interval;
  return [
    `  ${span(interval)}  ${calls}; ${rounded(load)} erlangs; ${needed} agents, by ${by}`,
    `  ${line(titles, pool.groups.length === 1 ? "" : "who they are")}`,
    ...interval.rows.flatMap((row) => rowLines(pool, interval, row)),
    "",
  ];
}

/** A line for each queue; what is said of all agents stands in the first. */
function rowLines({ groups }: PoolStaffing, { needed }: Staffing, row: Row): string[] {
  const mark = row.agents === needed ? ">" : " ";
  const names = groups.map(({ name }, index) => `${row.mix[index] ?? 0} ${name}`).join(", ");
  const who = groups.length === 1 ? "" : names;
  if (row.queues.length === 0)
    return [`${mark} ${line([`${row.agents}`], "more calls than they could ever take")}`];
  return row.queues.map((each, index) => {
    const [agents, busy] = index === 0 ? [`${row.agents}`, percent(row.occupancy)] : ["", ""];
    const cells = [agents, each.queue, ...figures(each), busy, theory(each)];
    return `${index === 0 ? mark : " "} ${line(cells, index === 0 ? who : "")}`;
  });
}

const figures = ({ inTime, answerMs, abandons }: QueueFigures): string[] => [
  `${percent(inTime.mean)} ${within(inTime)}`,
  seconds(answerMs.mean),
  percent(abandons.mean),
];

const theory = ({ theory: by }: QueueFigures): string => (by === null ? "" : percent(by.inTime));
/** What least squares make of a share of nearly nothing may be a little less than that. */
const percent = (share: number): string => `${(100 * Math.max(0, share)).toFixed(1)} %`;
const within = ({ error }: Estimate): string => `+-${(100 * error).toFixed(1)}`;
const seconds = (ms: number): string => `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
const rounded = (value: number): string => String(Math.round(value * 100) / 100);
