import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { chance } from "../lab/chance.ts";
import { runRow } from "./run.ts";
import { rows } from "./table.ts";

/** `npm run chaos -- ROW`: breaks something on purpose under load, on a real Asterisk, and says what came of it. */
const usage = `usage: npm run chaos -- --list
       npm run chaos -- ROW [--times N] [--quick] [--seed N] [--json]
  ROW      one of the names that --list tells
  --times  how often the fault is brought about
  --quick  with fewer people and shorter faults, as in npm test
  --seed   the same chance as in an earlier run
  --json   nothing but the last line on standard output`;

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        list: { type: "boolean" },
        times: { type: "string" },
        quick: { type: "boolean" },
        seed: { type: "string" },
        json: { type: "boolean" },
      },
    });
  } catch {
    // Whatever is wrong with the arguments, the usage says what would be right.
    return null;
  }
}

async function main(args: readonly string[]): Promise<number> {
  const parsed = parse(args);
  if (parsed?.values.list) {
    for (const row of rows)
      console.log(`${row.name.padEnd(16)}${row.quick ? "quick " : "      "} ${row.what}`);
    return 0;
  }
  const row = rows.find((each) => each.name === parsed?.positionals[0]);
  const times = Number(parsed?.values.times ?? row?.times);
  const seed = Number(parsed?.values.seed ?? randomInt(1_000_000));
  if (row === undefined || !Number.isInteger(times) || times < 1 || !Number.isInteger(seed)) {
    console.error(usage);
    return 2;
  }
  const json = parsed?.values.json === true;
  const say = (line: string) => (json ? console.error(line) : console.log(line));
  say(`seed ${seed}`);
  const quick = parsed?.values.quick === true;
  const outcome = await runRow(row, { times, quick, random: chance(seed), say });
  console.log(JSON.stringify(outcome));
  return outcome.ok ? 0 : 1;
}

// Sockets of the libraries that were loaded may still be open; nothing of ours is.
process.exit(await main(process.argv.slice(2)));
