import {
  type Case,
  type Compared,
  caseOf,
  comparedAt,
  errorsOff,
  shareOff,
} from "../simulate/compare.ts";
import type { Level } from "../simulate/levels.ts";
import { fairnessAt, orderAt } from "../simulate/queues.ts";
import type { Means } from "./benches.ts";

const deskCalls = 1_000_000;
const flowCalls = { short: 50_000, long: 1_000_000 } as const;
/** Two queues, at both levels. */
const twoQueuesCalls = { desk: 200_000, flows: 20_000 } as const;
const mostErrors = 3;
const mostShare = 0.01;
/** No agent has so many times the calls of another. */
const mostByFewest = 1.05;

/** Of few and many agents, calm and overloaded, with callers who wait for ever and who do not. */
const cases: readonly Case[] = [
  caseOf(1.2, 2),
  caseOf(4, 5),
  caseOf(7, 10),
  caseOf(9, 10, 120_000),
  caseOf(12, 10, 60_000),
  caseOf(48, 50, 120_000),
];
const wholeCases: readonly Case[] = [caseOf(1.8, 3), caseOf(5.5, 5, 120_000)];

export const about = `theory: how far is Kituo from Erlang C (M/M/c) and Erlang A (M/M/c+M)?
On virtual time, calls of 3 minutes, the same ones each time.
  desk:  ${deskCalls} calls a case through the desk's verbs and the assignment
  flows: ${flowCalls.short} whole calls a case through the flows of production, on the fake exchange
  --long: ${flowCalls.long} calls a case through the flows too; about 40 minutes a case
  --runs N: N times as many calls of each
Must hold, or the command ends with status 1: every measure is within ${mostErrors} standard errors of theory, and within ${100 * mostShare} % of it
where so many calls were played that ${mostErrors} standard errors are less than that; with two queues and skills nobody is overtaken
whom the same agent could have served; two queues of equal weight wait alike within ${mostErrors} standard errors, and no agent has
${mostByFewest} times the calls of another.`;

/** One line of the report. */
interface Row extends Compared {
  readonly level: Level;
  readonly case: string;
  readonly errorsOff: number;
  readonly shareOff: number;
  /** Whether enough calls were played to tell a deviation of 1 % from chance. */
  readonly tells: boolean;
  readonly holds: boolean;
}

/** What was seen of two queues that share agents. */
interface Check {
  readonly level: Level;
  readonly name: string;
  readonly told: string;
  readonly holds: boolean;
}

/** The same calls at every run of the command. */
const SEED = 1;

/** Plays every case. */
export async function theory({ runs, long, report }: Omit<Means, "open">): Promise<{
  readonly name: "theory";
  readonly seed: number;
  readonly rows: readonly Row[];
  readonly checks: readonly Check[];
  readonly holds: boolean;
}> {
  const rows: Row[] = [];
  const checks: Check[] = [];
  const plays = [
    { level: "desk", cases, calls: deskCalls },
    { level: "flows", cases: wholeCases, calls: long ? flowCalls.long : flowCalls.short },
  ] as const;
  for (const { level, calls, ...of } of plays) {
    for (const each of of.cases) {
      report(`${level}: ${each.name}`);
      for (const one of await comparedAt(level, each, runs * calls, SEED)) {
        const row = rowOf(level, each, one);
        rows.push(row);
        report(`  ${line(one)}${row.holds ? "" : "  OFF"}`);
      }
    }
    report(`${level}: two queues`);
    for await (const check of checksOf(level, runs * twoQueuesCalls[level])) {
      checks.push(check);
      report(`  ${check.name}: ${check.told}${check.holds ? "" : "  BROKEN"}`);
    }
  }
  for (const level of ["desk", "flows"] as const) report(summary(level, rows));
  const holds = [...rows, ...checks].every((each) => each.holds);
  report(holds ? "all of it holds" : "NOT all of it holds");
  return { name: "theory", seed: SEED, rows, checks, holds };
}

function rowOf(level: Level, each: Case, one: Compared): Row {
  const off = { errorsOff: errorsOff(one), shareOff: shareOff(one) };
  const tells = (mostErrors * one.error) / one.theory < mostShare;
  const holds = agrees(off, tells);
  return { level, case: each.name, ...one, ...off, tells, holds };
}

/** Whether a measure agrees with theory; `tells`: enough was played to ask for 1 %. */
export function agrees(off: Pick<Row, "errorsOff" | "shareOff">, tells: boolean): boolean {
  return off.errorsOff <= mostErrors && (!tells || off.shareOff <= mostShare);
}

async function* checksOf(level: Level, calls: number): AsyncGenerator<Check> {
  const { looks, overtaken } = await orderAt(level, calls, SEED);
  yield {
    level,
    name: "nobody is overtaken, with skills",
    told: `${overtaken.length} overtaken in ${calls} calls; ${looks} times there was somebody to overtake`,
    holds: overtaken.length === 0 && looks > calls,
  };
  const { busy, quiet, errorsApart, mostByFewest: most } = await fairnessAt(level, calls, SEED);
  const wait = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;
  yield {
    level,
    name: "queues of equal weight fare alike",
    told: `mean wait ${wait(busy.mean)} and ${wait(quiet.mean)}, ${errorsApart.toFixed(1)} standard errors apart; the busiest agent had ${most.toFixed(3)} times the calls of the least busy`,
    holds: errorsApart <= mostErrors && most < mostByFewest,
  };
}

const names: Readonly<Record<Compared["measure"], string>> = {
  waits: "waits",
  inTime: "within 20 s",
  abandons: "hangs up",
  answerMs: "mean wait",
};

function line(one: Compared): string {
  const { measure, theory: by, mean, error } = one;
  const shown = (value: number) =>
    measure === "answerMs" ? `${(value / 1_000).toFixed(3)} s` : `${(100 * value).toFixed(3)} %`;
  return [
    names[measure].padEnd(12),
    `theory ${shown(by).padStart(10)}`,
    `played ${shown(mean).padStart(10)} +- ${shown(error)}`.padEnd(32),
    `off by ${(100 * shareOff(one)).toFixed(2)} %`,
    `${errorsOff(one).toFixed(1)} standard errors`,
  ].join("  ");
}

function summary(level: Level, all: readonly Row[]): string {
  const rows = all.filter((row) => row.level === level);
  const count = (holds: (row: Row) => boolean) => rows.filter(holds).length;
  const close = count((row) => row.errorsOff <= mostErrors);
  const near = count((row) => row.shareOff <= mostShare);
  const telling = count((row) => row.tells);
  return `${level}: of ${rows.length} measures ${close} are within ${mostErrors} standard errors, ${near} within ${100 * mostShare} %; ${telling} were played often enough to tell ${100 * mostShare} %`;
}
