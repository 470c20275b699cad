import { askedFor, usage } from "./benches.ts";
import { othersBusy } from "./rounds.ts";
import { openStage } from "./stage.ts";

/**
 * `npm run bench -- NAME`: measures one thing on Kituo and on its peer, in the same run. The peer of `theory` is theory.
 * With `--json` the result is one line on stdout and what is for people goes to stderr.
 */

/** With a busier machine than this the figures say more about the others than about us. */
const quietBelow = 0.1;

async function main(args: readonly string[]): Promise<number> {
  const asked = askedFor(args);
  if (asked === null) {
    console.error(usage);
    return 2;
  }
  const { bench, runs, json, long } = asked;
  const report = (line: string) => (json ? console.error(line) : console.log(line));
  report(`${bench.about}\n`);
  const busy = await othersBusy();
  const percent = Math.round(busy * 100);
  if (busy > quietBelow)
    report(`NOTE: others keep this machine ${percent} % busy; the figures suffer from it.\n`);
  const broken = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => broken.abort());
  const open = () => openStage((line) => console.error(line), broken.signal);
  try {
    const result = await bench.run({ open, runs, long, report });
    if (json) console.log(JSON.stringify({ ...result, othersBusy: percent / 100 }));
    return result.holds === false ? 1 : 0;
  } catch (error) {
    if (!broken.signal.aborted) throw error;
    return 130;
  }
}

// Sockets of the libraries that were loaded may still be open; nothing of ours is.
process.exit(await main(process.argv.slice(2)));
