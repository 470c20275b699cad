import type { Result } from "./figures.ts";
import { handoff, about as handoffIs } from "./handoff.ts";
import { othersBusy } from "./rounds.ts";
import { route, about as routeIs } from "./route.ts";
import { openStage, type Stage } from "./stage.ts";

/** `npm run bench -- NAME [--json] [--runs N]`: measures one thing on Kituo and on its peer, in the same run. */
interface Bench {
  readonly about: string;
  /** Rounds of each side when nothing else is asked for. */
  readonly runs: number;
  run(stage: Stage, runs: number, report: (line: string) => void): Promise<Result>;
}

const benches: Readonly<Record<string, Bench>> = {
  handoff: { about: handoffIs, runs: 4, run: handoff },
  route: { about: routeIs, runs: 2, run: route },
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
  const stage = await openStage((line) => console.error(line));
  const signalled = new Promise<"signalled">((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => resolve("signalled"));
  });
  try {
    const first = await Promise.race([
      bench.run(stage, runs, (line) => console.log(line)),
      signalled,
    ]);
    if (first === "signalled") return 130;
    if (args.includes("--json"))
      console.log(JSON.stringify({ ...first, othersBusy: percent / 100 }));
    return 0;
  } finally {
    await stage.stop();
  }
}

// Phones that a signal left behind end with this process.
process.exit(await main(process.argv.slice(2)));
