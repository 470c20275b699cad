import { messageOf, quickSlack, type Row, type RunOptions, Verdict } from "./row.ts";

/** The last line of a run. */
export interface Outcome {
  readonly row: string;
  readonly ok: boolean;
  readonly figures: Readonly<Record<string, number>>;
}

/** Runs a row and tells what came of it: the fault, what was expected, what was seen, the figures. */
export async function runRow(row: Row, options: RunOptions): Promise<Outcome> {
  const { say } = options;
  say(`${row.name} (fault table: ${row.faults.join(", ")})`);
  say(`  fault     ${row.what}`);
  say(`  expected  ${row.expected}`);
  const verdict = new Verdict(options.quick ? quickSlack : 1);
  const began = performance.now();
  try {
    await row.run(verdict, options);
  } catch (error) {
    verdict.breach(`the run broke off: ${messageOf(error)}`);
  }
  verdict.worst("took_s", (performance.now() - began) / 1_000);
  const ok = verdict.breaches.length === 0;
  say(ok ? "  seen      as expected" : "  seen");
  for (const breach of verdict.breaches) say(`    - ${breach}`);
  say("  figures");
  for (const [name, value] of Object.entries(verdict.figures))
    say(`    ${name.padEnd(24)}${value}`);
  return { row: row.name, ok, figures: verdict.figures };
}
