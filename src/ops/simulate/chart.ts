import { clock, type PoolStaffing, type Staffing } from "./staffing.ts";

const width = 900;
const height = 260;
const margin = { left: 60, right: 60, top: 50, bottom: 40 };
const inner = {
  width: width - margin.left - margin.right,
  height: height - margin.top - margin.bottom,
};
const colours = {
  bar: "#2a78d6",
  calls: "#c2571a",
  planned: "#5c6370",
  grid: "#d9dce1",
  text: "#1d2127",
};

/** The staffing of a scenario as one SVG: for each pool the agents needed over the day, and the calls that ask for them. */
export function chart(title: string, pools: readonly PoolStaffing[]): string {
  const all = height * pools.length + 40;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${all}" width="${width}" height="${all}" font-family="system-ui, sans-serif" font-size="12" fill="${colours.text}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${all}" fill="#ffffff"/>`,
    `<text x="${margin.left}" y="26" font-size="16">${escaped(title)}</text>`,
    ...pools.map(
      (pool, index) => `<g transform="translate(0 ${40 + index * height})">${panel(pool)}</g>`,
    ),
    "</svg>",
    "",
  ].join("\n");
}

function panel(pool: PoolStaffing): string {
  const { intervals } = pool;
  const from = Math.min(...intervals.map((each) => each.from));
  const to = Math.max(...intervals.map((each) => each.to));
  const planned = pool.groups.reduce((sum, { count }) => sum + count, 0);
  const mostAgents = ceiling(Math.max(planned, ...intervals.map(({ needed }) => needed)));
  const mostCalls = ceiling(Math.max(...intervals.map(callsOf)));
  const x = (minutes: number) => margin.left + ((minutes - from) / (to - from)) * inner.width;
  const y = (share: number) => margin.top + (1 - share) * inner.height;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = fixed(y(share));
    return [
      `<line x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}" stroke="${colours.grid}"/>`,
      text(margin.left - 8, y(share) + 4, label(mostAgents * share), "end"),
      text(
        width - margin.right + 8,
        y(share) + 4,
        label(mostCalls * share),
        "start",
        colours.calls,
      ),
    ].join("");
  });
  const bars = intervals.map((each) => {
    const top = y(each.needed / mostAgents);
    const left = x(each.from) + 1;
    const wide = Math.max(1, x(each.to) - x(each.from) - 2);
    return [
      `<rect x="${fixed(left)}" y="${fixed(top)}" width="${fixed(wide)}" height="${fixed(y(0) - top)}" fill="${colours.bar}"><title>${escaped(told(each))}</title></rect>`,
      text(left + wide / 2, top - 4, String(each.needed), "middle"),
    ].join("");
  });
  const calls = intervals.map((each, index) => {
    const at = fixed(y(callsOf(each) / mostCalls));
    const joins = intervals[index - 1]?.to === each.from;
    return `${joins ? "L" : "M"}${fixed(x(each.from))} ${at}L${fixed(x(each.to))} ${at}`;
  });
  const ticks = [...new Set(intervals.flatMap((each) => [each.from, each.to]))]
    .filter((_, index, times) => index % Math.ceil(times.length / 13) === 0)
    .map((minutes) => text(x(minutes), y(0) + 18, clock(minutes), "middle"));
  const plannedAt = fixed(y(planned / mostAgents));
  const names = pool.queues.map(({ name }) => name).join(", ");
  return [
    text(margin.left, 24, `${names}: agents needed`, "start", colours.bar),
    text(
      margin.left + inner.width / 2,
      24,
      `planned ${planned} (dashed)`,
      "middle",
      colours.planned,
    ),
    text(width - margin.right, 24, "calls an hour", "end", colours.calls),
    ...grid,
    ...bars,
    `<line x1="${margin.left}" x2="${width - margin.right}" y1="${plannedAt}" y2="${plannedAt}" stroke="${colours.planned}" stroke-dasharray="6 4"/>`,
    `<path d="${calls.join("")}" fill="none" stroke="${colours.calls}" stroke-width="2"/>`,
    ...ticks,
  ].join("\n");
}

const callsOf = ({ loads }: Staffing): number =>
  loads.reduce((sum, { traffic }) => sum + traffic.callsPerHour, 0);

/** The next number that an axis can end at: 4, 8, 20, 40, 80 ... so that its quarters are round. */
function ceiling(value: number): number {
  for (let power = 1; ; power *= 10)
    for (const step of [4, 8, 12, 20]) if (step * power >= value) return step * power;
}

function told({ from, to, needed, rows }: Staffing): string {
  const row = rows.find(({ agents }) => agents === needed);
  const queues = row?.queues.map(
    ({ queue, inTime }) => `${queue} ${(100 * inTime.mean).toFixed(1)} % in time`,
  );
  return `${clock(from)}-${clock(to)}: ${needed} agents; ${queues?.join(", ") ?? ""}`;
}

const label = (value: number): string => String(Math.round(value * 100) / 100);
const fixed = (value: number): string => String(Math.round(value * 10) / 10);

function text(x: number, y: number, words: string, anchor: string, colour = colours.text): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}" fill="${colour}">${escaped(words)}</text>`;
}

const escaped = (words: string): string =>
  words
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
