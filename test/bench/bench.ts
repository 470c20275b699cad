import { cps, about as cpsIs } from "./cps.ts";
import { cpu, about as cpuIs } from "./cpu.ts";
import { handoff, about as handoffIs } from "./handoff.ts";
import { hold, about as holdIs } from "./hold.ts";
import { match, about as matchIs } from "./match.ts";
import { othersBusy } from "./rounds.ts";
import { route, about as routeIs } from "./route.ts";
import { openStage, type Stage } from "./stage.ts";
import { theory, about as theoryIs } from "./theory.ts";
import { about as yieldIs, yieldOf } from "./yield.ts";

/**
 * `npm run bench -- NAME [--json] [--runs N]`: measures one thing on Kituo and on its peer, in the same run. The peer of
 * `theory` is theory.
 */
interface Bench {
  readonly about: string;
  /** Rounds of each side when nothing else is asked for. */
  readonly runs: number;
  /** Gives what `--json` prints. */
  run(open: () => Promise<Stage>, runs: number, report: (line: string) => void): Promise<object>;
}

type OnStage = (stage: Stage, runs: number, report: (line: string) => void) => Promise<object>;

/** A benchmark that needs Asterisk, Redis, telephones. */
const onStage =
  (measure: OnStage): Bench["run"] =>
  async (open, runs, report) => {
    const stage = await open();
    try {
      return await measure(stage, runs, report);
    } finally {
      await stage.stop();
    }
  };

const benches: Readonly<Record<string, Bench>> = {
  cps: { about: cpsIs, runs: 1, run: onStage(cps) },
  cpu: { about: cpuIs, runs: 2, run: onStage(cpu) },
  handoff: { about: handoffIs, runs: 4, run: onStage(handoff) },
  hold: { about: holdIs, runs: 1, run: onStage(hold) },
  match: { about: matchIs, runs: 4, run: match },
  route: { about: routeIs, runs: 2, run: onStage(route) },
  theory: { about: theoryIs, runs: 1, run: theory },
  yield: { about: yieldIs, runs: 2, run: onStage(yieldOf) },
};

/** With a busier machine than this the figures say more about the others than about us. */
const quietBelow = 0.1;

async function main(args: readonly string[]): Promise<number> {
  const [name = ""] = args;
  const bench = benches[name];
  const runsAt = args.indexOf("--runs");
  const runs = runsAt < 0 ? bench?.runs : Number(args[runsAt + 1]);
  if (bench === undefined || runs === undefined || !Number.isInteger(runs) || runs < 1) {
    console.error(
      `usage: npm run bench -- NAME [--json] [--runs N]\n  NAME is one of ${Object.keys(benches).join(", ")}; N rounds of each side`,
    );
    return 2;
  }
  console.log(`${bench.about}\n`);
  const busy = await othersBusy();
  const percent = Math.round(busy * 100);
  if (busy > quietBelow)
    console.log(`NOTE: others keep this machine ${percent} % busy; the figures suffer from it.\n`);
  const broken = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => broken.abort());
  const open = () => openStage((line) => console.error(line), broken.signal);
  try {
    const result = await bench.run(open, runs, (line) => console.log(line));
    if (args.includes("--json"))
      console.log(JSON.stringify({ ...result, othersBusy: percent / 100 }));
    return 0;
  } catch (error) {
    if (!broken.signal.aborted) throw error;
    return 130;
  }
}

// Sockets of the libraries that were loaded may still be open; nothing of ours is.
process.exit(await main(process.argv.slice(2)));
