import { setTimeout as pause } from "node:timers/promises";
import { compare, type Result, table } from "./figures.ts";
import { callerPhones, callsOf } from "./phones.ts";
import { allOf, inParts, type Used, usedSince } from "./processors.ts";
import { turns } from "./rounds.ts";
import { numbers, type Side, type Stage } from "./stage.ts";

const callers = 300;
const lastsS = 15;
/** All have come, and what is done for each on entry is over. */
const settlesMs = 12_000;

export const about = `hold: ${callers} callers wait and hear music, and no agent's phone is there; what does that cost?
Processor time in milliseconds of one core for each second, over ${lastsS} s, beginning ${settlesMs / 1_000} s after the last of them has been answered.
For Kituo: Asterisk, the server and Redis together; for app_queue: Asterisk alone. The phones are not counted.`;

/** Measures both sides, in turn. */
export async function hold(
  stage: Stage,
  runs: number,
  report: (line: string) => void,
): Promise<Result> {
  const sides: Record<Side, number[][]> = { kituo: [], peer: [] };
  for (const [index, side] of turns(runs).entries()) {
    stage.signal.throwIfAborted();
    await stage.prepare(side, "none");
    const used = await held(stage, side);
    sides[side].push([allOf(used) / lastsS]);
    report(
      `  round ${index + 1}, ${side.padEnd(5)}: ${inParts(used, lastsS)} ms of a core each second`,
    );
  }
  const result = compare("hold", sides, { unit: "ms/s" });
  report(`\n${table(`processor time each second for ${callers} callers who wait`, result)}`);
  return result;
}

async function held(stage: Stage, side: Side): Promise<Used> {
  const phones = await callerPhones(stage.site, {
    called: numbers[side],
    perSecond: 30,
    atOnce: callers,
    before: { mean: 100 },
  });
  try {
    await everyOneWaits(phones);
    await pause(settlesMs, undefined, { signal: stage.signal });
    const before = stage.used(side);
    await pause(lastsS * 1_000, undefined, { signal: stage.signal });
    const used = usedSince(before, stage.used(side));
    const ended = phones.hangup();
    await stage.hangUp();
    await ended;
    return used;
  } finally {
    await phones.stop();
  }
}

async function everyOneWaits(phones: Awaited<ReturnType<typeof callerPhones>>): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const waiting = (await callsOf(phones)).filter(
      (call) => call.answered !== null && call.ended === null,
    );
    if (waiting.length >= callers) return;
    if (Date.now() > deadline) throw new Error(`only ${waiting.length} of ${callers} wait`);
    await pause(1_000);
  }
}
