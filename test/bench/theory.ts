import {
  type Case,
  type Compared,
  caseOf,
  errorsOff,
  playedAtDesk,
  playedInFlows,
  shareOff,
} from "../simulate/compare.ts";

const deskCalls = 1_000_000;
const flowCalls = 50_000;
const mostErrors = 3;
const mostShare = 0.01;

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

export const about = `theory: how far Kituo is from Erlang C (M/M/c) and Erlang A (M/M/c+M), on virtual time; calls of 3 minutes
  desk:  ${deskCalls} calls a case through the desk's verbs and the assignment
  flows: ${flowCalls} whole calls a case through the flows of production, on the fake exchange
  --runs N: N times as many calls of each
  agreement: within ${100 * mostShare} % of theory and within ${mostErrors} standard errors of what was played`;

/** One line of the report. */
interface Row extends Compared {
  readonly level: "desk" | "flows";
  readonly case: string;
  readonly errorsOff: number;
  readonly shareOff: number;
}

/** The same calls at every run of the command. */
const SEED = 1;

/** Plays every case. */
export async function theory(
  _open: unknown,
  runs: number,
  report: (line: string) => void,
): Promise<{ readonly name: "theory"; readonly seed: number; readonly rows: readonly Row[] }> {
  const rows: Row[] = [];
  const told = (level: Row["level"], each: Case, all: readonly Compared[]): void => {
    report(`${level}: ${each.name}`);
    for (const one of all) {
      const row = { errorsOff: errorsOff(one), shareOff: shareOff(one) };
      rows.push({ level, case: each.name, ...one, ...row });
      report(`  ${line(one)}`);
    }
  };
  for (const each of cases) told("desk", each, await playedAtDesk(each, runs * deskCalls, SEED));
  for (const each of wholeCases)
    told("flows", each, await playedInFlows(each, runs * flowCalls, SEED));
  for (const level of ["desk", "flows"] as const) report(summary(level, rows));
  return { name: "theory", seed: SEED, rows };
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

function summary(level: Row["level"], all: readonly Row[]): string {
  const rows = all.filter((row) => row.level === level);
  const close = rows.filter((row) => row.errorsOff <= mostErrors).length;
  const near = rows.filter((row) => row.shareOff <= mostShare).length;
  return `${level}: of ${rows.length} measures ${close} are within ${mostErrors} standard errors, ${near} within ${100 * mostShare} %`;
}
