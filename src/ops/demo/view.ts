import type { Call } from "../../facade/contract/call.ts";
import { type BoardState, isWaiting, type Since, waitOf, wordOf } from "./board.ts";
import { cell, clock, cut, fill, harmless, type Line, span, type Tone } from "./text.ts";

/** What stands above the board and does not come from the updates. */
export interface Heading {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly sip: string;
  readonly extensionsCommand: string;
  readonly startedAt: number;
  readonly callsPerMinute: number;
  /** What anybody should know who looks at the board; usually nothing. */
  readonly notice: string | null;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const sideBySideFrom = 150;
const gap = 3;
/** What queues and agents need to be read beside the calls. */
const leastLeft = 71;

/** The whole board as lines of a terminal: never more, and never wider, than `size`. */
export function boardLines(board: BoardState, heading: Heading, size: Size, now: number): Line[] {
  const { columns, rows } = size;
  const top = headingLines(board, heading, columns, now);
  const bottom = totalsLine(board);
  const left = rows - top.length - 1;
  const middle = columns >= sideBySideFrom ? sideBySide : stacked;
  const lines = [...top, ...middle(board, { columns, rows: Math.max(0, left) }, now)];
  return [...lines.slice(0, Math.max(0, rows - 1)), bottom]
    .slice(0, rows)
    .map((line) => cut(line, columns));
}

/** One line a few seconds, for a log or a pipe. */
export function statusLine(board: BoardState, now: number): string {
  const calls = [...board.calls.values()].map(({ value }) => value);
  const waiting = calls.filter(isWaiting);
  const longest = Math.max(0, ...waiting.map((call) => waitOf(call, now)));
  const agents = [...board.agents.values()].map(({ value }) => wordOf(value));
  const of = (word: string): number => agents.filter((each) => each === word).length;
  const { answered, abandoned, messages } = board.totals;
  return [
    `${new Date(now).toISOString().slice(11, 19)} `,
    `calls ${calls.length}: waiting ${waiting.length} (longest ${clock(longest)}),`,
    `talking ${calls.filter((call) => call.status === "in_progress").length};`,
    `agents ${agents.length - of("signed out")}: free ${of("free")};`,
    `answered ${answered}, abandoned ${abandoned}, messages ${messages}`,
  ].join(" ");
}

/** What a demo has seen, told at its end. */
export function summaryLines(board: BoardState, lastedMs: number): string[] {
  const { answered, abandoned, messages, other, tickets, waitedMs, longestMs } = board.totals;
  const mean = answered === 0 ? "none" : clock(waitedMs / answered);
  return [
    `In ${clock(lastedMs)}: ${answered} answered, ${abandoned} abandoned, ` +
      `${messages} messages left, ${other} ended otherwise, ${tickets} tickets opened.`,
    `Mean wait of those answered ${mean}, longest wait ${clock(longestMs)}; ` +
      `${board.calls.size} calls were up at the end.`,
  ];
}

function headingLines(
  board: BoardState,
  heading: Heading,
  columns: number,
  now: number,
): readonly Line[] {
  const { url, username, password, sip, extensionsCommand, callsPerMinute } = heading;
  const title = [span(" Kituo ", "strong"), span("a demo on real Asterisk", "dim")];
  const busy = `${callsPerMinute} calls a minute   up ${clock(now - heading.startedAt)} `;
  const side = columns - busy.length;
  const notice =
    heading.notice ?? (board.connected ? null : "waiting for the server's live updates...");
  return [
    [...fill(title, Math.max(0, side)), span(busy, "dim")],
    [
      span(" Dashboard  ", "dim"),
      span(url, "head"),
      span("   sign in  ", "dim"),
      span(`${username} ${password}`),
    ],
    [span(" Phones     ", "dim"), span(sip), span("   ", "dim"), span(extensionsCommand, "dim")],
    notice === null
      ? [
          span(" Keys       ", "dim"),
          span("Ctrl-C"),
          span(" ends all of it, ", "dim"),
          span("+"),
          span(" more callers, ", "dim"),
          span("-"),
          span(" fewer", "dim"),
        ]
      : [span(` ${notice}`, "warn")],
  ];
}

/** Queues, agents, calls and endings below each other; what there is no room for is told in a word. */
function stacked(board: BoardState, { columns, rows }: Size, now: number): Line[] {
  const queues = queueLines(board, columns, now);
  const working = workingAgents(board).length;
  const rest = rows - queues.length;
  // The parts keep their places while calls come and go; agents get theirs first.
  const agentRows = Math.min(1 + Math.max(1, working), Math.max(2, rest - 6));
  const free = Math.max(0, rest - agentRows);
  const callRows = Math.ceil(free * 0.55);
  return [
    ...queues,
    ...exactly(agentLines(board, columns, agentRows, now), agentRows),
    ...exactly(callLines(board, columns, callRows, now), callRows),
    ...exactly(endedLines(board, columns, free - callRows), free - callRows),
  ].slice(0, rows);
}

function sideBySide(board: BoardState, { columns, rows }: Size, now: number): Line[] {
  const leftColumns = Math.max(leastLeft, Math.floor((columns - gap) * 0.46));
  const rightColumns = columns - gap - leftColumns;
  const queues = queueLines(board, leftColumns, now);
  const left = [
    ...queues,
    ...agentLines(board, leftColumns, Math.max(0, rows - queues.length), now),
  ];
  const callRows = Math.ceil(rows * 0.55);
  const right = [
    ...exactly(callLines(board, rightColumns, callRows, now), callRows),
    ...endedLines(board, rightColumns, rows - callRows),
  ];
  return Array.from({ length: rows }, (_, row) => [
    ...fill(left[row] ?? [], leftColumns),
    span(" ".repeat(gap)),
    ...(right[row] ?? []),
  ]);
}

function queueLines(board: BoardState, columns: number, now: number): Line[] {
  const calls = [...board.calls.values()].map(({ value }) => value);
  const numbers = (values: readonly string[]): string =>
    values.map((value, index) => cell(value, [9, 9, 9, 10, 11, 10][index] ?? 9, "right")).join("");
  const name = Math.max(11, Math.min(20, columns - 60));
  const head =
    cell("", name) +
    numbers(["waiting", "longest", "talking", "answered", "abandoned", "messages"]);
  return [
    headed("Queues", head.slice(8), columns),
    ...board.queues.map(({ queue, title }): Line => {
      const waiting = calls.filter((call) => call.queue === queue && isWaiting(call));
      const talking = calls.filter((call) => call.queue === queue && call.status === "in_progress");
      const longest = Math.max(0, ...waiting.map((call) => waitOf(call, now)));
      const tally = board.tallies.get(queue) ?? { answered: 0, abandoned: 0, messages: 0 };
      const tone: Tone = waiting.length === 0 ? "dim" : longest > 30_000 ? "bad" : "warn";
      return [
        span(` ${cell(harmless(title), name)}`),
        span(numbers([String(waiting.length), waiting.length === 0 ? "-" : clock(longest)]), tone),
        span(cell(String(talking.length), 9, "right"), talking.length === 0 ? "dim" : "good"),
        span(cell(String(tally.answered), 10, "right")),
        span(cell(String(tally.abandoned), 11, "right")),
        span(cell(String(tally.messages), 10, "right")),
      ];
    }),
  ];
}

const agentTones: Readonly<Record<ReturnType<typeof wordOf>, Tone>> = {
  free: "dim",
  ringing: "warn",
  talking: "good",
  "wrap-up": "busy",
  "on break": "busy",
  resting: "dim",
  busy: "busy",
  "no phone": "bad",
  "signed out": "dim",
};

function workingAgents(board: BoardState) {
  return [...board.agents.values()]
    .filter(({ value }) => wordOf(value) !== "signed out")
    .sort((a, b) => a.value.extension.localeCompare(b.value.extension));
}

function agentLines(board: BoardState, columns: number, rows: number, now: number): Line[] {
  const working = workingAgents(board);
  const out = board.agents.size - working.length;
  const told = out === 0 ? "" : `${out} signed out`;
  const name = Math.min(18, Math.max(14, columns - 58));
  const body = working.map(({ value: agent, since }): Line => {
    const word = wordOf(agent);
    const until = agent.after_call_until;
    const time = word === "wrap-up" && until !== null ? Date.parse(until) - now + 999 : now - since;
    const call = agent.call_id === null ? undefined : board.calls.get(agent.call_id)?.value;
    const taken = board.taken.get(agent.agent_id) ?? 0;
    return [
      span(` ${agent.extension} ${cell(harmless(agent.name), name)} `),
      span(cell(word, 9), agentTones[word]),
      span(`${cell(clock(time), 6, "right")}  `, word === "free" ? "dim" : "plain"),
      span(cell(`${taken} taken`, 9), "dim"),
      ...(call === undefined
        ? []
        : [
            span(cell(callerName(call), Math.max(0, Math.min(20, columns - name - 45)))),
            span(` ${titleOf(board, call.queue)}`, "dim"),
          ]),
    ];
  });
  return [headed("Agents", told, columns), ...fitted(body, rows - 1, "agents")];
}

/** What is shown of a stage, in the order of how much it wants attention. */
const stages: Readonly<Record<Call["status"], { word: string; tone: Tone; place: number }>> = {
  fallback: { word: "held", tone: "warn", place: 0 },
  queued: { word: "waiting", tone: "warn", place: 0 },
  ringing: { word: "ringing", tone: "warn", place: 1 },
  voicemail: { word: "message", tone: "busy", place: 2 },
  initiated: { word: "arriving", tone: "dim", place: 3 },
  menu: { word: "menu", tone: "head", place: 3 },
  in_progress: { word: "talking", tone: "good", place: 4 },
  survey: { word: "rating", tone: "dim", place: 5 },
  ended: { word: "ended", tone: "dim", place: 5 },
};

function callLines(board: BoardState, columns: number, rows: number, now: number): Line[] {
  const byAttention = (a: Since<Call>, b: Since<Call>): number =>
    stages[a.value.status].place - stages[b.value.status].place || a.since - b.since;
  const calls = [...board.calls.values()].sort(byAttention);
  const body = calls.map(({ value: call, since }): Line => {
    const { word, tone } = stages[call.status];
    const agent = call.agent_id === null ? undefined : board.agents.get(call.agent_id)?.value;
    const where = call.queue === null ? (call.menu ?? "") : titleOf(board, call.queue);
    return [
      span(cell(clock(now - since), 7, "right")),
      span(` ${cell(word, 9)}`, tone),
      span(`${cell(callerName(call), 17)} ${cell(harmless(call.phone_number), 13)} `),
      span(cell(call.language ?? "", 3), "dim"),
      span(cell(where, 12)),
      span(harmless(agent?.name ?? call.forwarded_to ?? ""), "dim"),
    ];
  });
  return [headed("Calls", `${calls.length} live`, columns), ...fitted(body, rows - 1, "calls")];
}

function endedLines(board: BoardState, columns: number, rows: number): Line[] {
  const body = board.ended.slice(0, Math.max(0, rows - 1)).map((call): Line => {
    const { result, reason } = call.ending ?? { result: "failed", reason: "" };
    const tones = {
      completed: "good",
      abandoned: "warn",
      unserved: "bad",
      refused: "dim",
      failed: "bad",
    } as const satisfies Record<typeof result, Tone>;
    const agent = call.agent_id === null ? undefined : board.agents.get(call.agent_id)?.value;
    const ended = Date.parse(call.ended_at ?? call.started_at);
    const talked = call.connected_at === null ? null : ended - Date.parse(call.connected_at);
    const how = reason.replaceAll("_", " ");
    return [
      span(` ${new Date(ended).toTimeString().slice(0, 8)} `, "dim"),
      span(cell(callerName(call), 17)),
      span(` ${cell(talked === null ? how : `${how} ${clock(talked)}`, 21)}`, tones[result]),
      span(cell(titleOf(board, call.queue), 12)),
      span(talked === null || agent === undefined ? "" : harmless(agent.name), "dim"),
    ];
  });
  return [headed("Last endings", "", columns), ...body];
}

function totalsLine(board: BoardState): Line {
  const { answered, abandoned, messages, other, tickets, waitedMs } = board.totals;
  const mean = answered === 0 ? "-" : clock(waitedMs / answered);
  const pair = (value: number | string, what: string, tone: Tone): Line => [
    span(` ${value}`, tone),
    span(` ${what}  `, "dim"),
  ];
  const many = (value: number, what: string): string => (value === 1 ? what : `${what}s`);
  return [
    ...pair(answered, "answered", "good"),
    ...pair(abandoned, "abandoned", abandoned === 0 ? "plain" : "warn"),
    ...pair(messages, many(messages, "message"), "busy"),
    ...pair(tickets, many(tickets, "ticket"), "plain"),
    ...(other === 0 ? [] : pair(other, "other", "plain")),
    ...pair(mean, "mean wait", "plain"),
  ];
}

/** The heading of a part, with a rule to its right end. */
function headed(title: string, right: string, columns: number): Line {
  const used = title.length + 2 + (right === "" ? 0 : right.length + 1);
  return [
    span(` ${title} `, "head"),
    span(right === "" ? "" : `${right} `, "dim"),
    span("─".repeat(Math.max(0, columns - used)), "dim"),
  ];
}

/** As many of the lines as there is room for; the last one then tells how many more there are. */
function fitted(lines: readonly Line[], rows: number, what: string): Line[] {
  if (lines.length <= rows) return [...lines];
  if (rows <= 0) return [];
  const more = `      and ${lines.length - rows + 1} more ${what}`;
  return [...lines.slice(0, rows - 1), [span(more, "dim")]];
}

function exactly(lines: readonly Line[], rows: number): Line[] {
  return Array.from({ length: rows }, (_, row) => lines[row] ?? []);
}

function callerName(call: Call): string {
  const name = harmless(call.customer_name).trim();
  if (name !== "" && call.phone_number !== "") return name;
  return call.phone_number === "" ? "number withheld" : harmless(call.phone_number);
}

function titleOf(board: BoardState, queue: string | null): string {
  if (queue === null) return "";
  return harmless(board.queues.find((each) => each.queue === queue)?.title ?? queue);
}
