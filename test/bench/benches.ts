import { parseArgs } from "node:util";
import { api, about as apiIs } from "./api.ts";
import { cps, about as cpsIs } from "./cps.ts";
import { cpu, about as cpuIs } from "./cpu.ts";
import { fanout, about as fanoutIs } from "./fanout.ts";
import { fifo, about as fifoIs } from "./fifo.ts";
import { handoff, about as handoffIs } from "./handoff.ts";
import { hold, about as holdIs } from "./hold.ts";
import { match, about as matchIs } from "./match.ts";
import { route, about as routeIs } from "./route.ts";
import type { Stage } from "./stage.ts";
import { theory, about as theoryIs } from "./theory.ts";
import { about as yieldIs, yieldOf } from "./yield.ts";

/** What a benchmark is given. */
export interface Means {
  /** Rounds of each side. */
  readonly runs: number;
  /** Whether the longer run is asked for, where there is one. */
  readonly long: boolean;
  /** One Asterisk with Kituo on it. */
  readonly open: () => Promise<Stage>;
  /** Tells people something. */
  readonly report: (line: string) => void;
}

interface Bench {
  /** What exactly it measures; its first line is the short of it. */
  readonly about: string;
  /** Rounds of each side when nothing else is asked for. */
  readonly runs: number;
  /** How long those take on a machine of two cores that does nothing else. */
  readonly minutes: number;
  /** Gives what `--json` prints. What must hold and does not ends the command with status 1. */
  run(means: Means): Promise<object & { readonly holds?: boolean }>;
}

type OnStage = (stage: Stage, runs: number, report: (line: string) => void) => Promise<object>;

/** A benchmark that needs Asterisk, Redis, telephones. */
const onStage =
  (measure: OnStage): Bench["run"] =>
  async ({ open, runs, report }) => {
    const stage = await open();
    try {
      return await measure(stage, runs, report);
    } finally {
      await stage.stop();
    }
  };

/** Every benchmark by its name. */
export const benches: Readonly<Record<string, Bench>> = {
  api: { about: apiIs, runs: 2, minutes: 1, run: api },
  cps: { about: cpsIs, runs: 2, minutes: 6, run: onStage(cps) },
  cpu: { about: cpuIs, runs: 2, minutes: 2, run: onStage(cpu) },
  fanout: { about: fanoutIs, runs: 2, minutes: 2, run: fanout },
  fifo: { about: fifoIs, runs: 4, minutes: 4, run: onStage(fifo) },
  handoff: { about: handoffIs, runs: 4, minutes: 3, run: onStage(handoff) },
  hold: { about: holdIs, runs: 2, minutes: 4, run: onStage(hold) },
  match: { about: matchIs, runs: 4, minutes: 1, run: match },
  route: { about: routeIs, runs: 2, minutes: 3, run: onStage(route) },
  theory: { about: theoryIs, runs: 1, minutes: 10, run: theory },
  yield: { about: yieldIs, runs: 2, minutes: 2, run: onStage(yieldOf) },
};

const describe = ([name, { about, runs, minutes }]: [string, Bench]): string => {
  const [first = ""] = about.split("\n", 1);
  return `  ${name.padEnd(9)}${first.slice(first.indexOf(":") + 2)}\n${" ".repeat(11)}--runs ${runs}, which takes about ${minutes} min`;
};

/** How the command is used. */
export const usage = `usage: npm run bench -- NAME [--json] [--runs N] [--long]
  --json    one JSON object on stdout, all else on stderr; npm --silent run bench prints nothing besides
  --runs N  N rounds of each side, Kituo and its peer in turn: A-B-B-A
  --long    theory only: a million whole calls a case, which takes hours

Before the rounds that count each side plays one that does not: code that was just loaded is compiled while it runs.
In each comparison the ratio says how many times better Kituo is than its peer, by their medians: above 1 it is better,
below 1 it is worse. Of the times and costs the lower is better, of the rates and shares the higher.

${Object.entries(benches).map(describe).join("\n")}`;

/** What the command is asked for; `null` when that cannot be understood. */
export function askedFor(args: readonly string[]): {
  readonly bench: Bench;
  readonly runs: number;
  readonly json: boolean;
  readonly long: boolean;
} | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        long: { type: "boolean", default: false },
        runs: { type: "string" },
      },
    });
    const [name = "", ...more] = positionals;
    const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
    const runs = Number(values.runs ?? bench?.runs);
    if (bench === undefined || more.length > 0 || !Number.isInteger(runs) || runs < 1) return null;
    return { bench, runs, json: values.json, long: values.long };
  } catch {
    // An option that there is not; the usage says which there are.
    return null;
  }
}
