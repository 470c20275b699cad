import type { CallId } from "../../domain/ids.ts";
import type { NewLine, TranscriptLine } from "../../domain/record.ts";
import type { Transcripts } from "../../ports/store.ts";
import { lineShape, parseRecord } from "../shapes.ts";
import { claim } from "./claim.ts";
import type { Connection } from "./connection.ts";
import { isDuplicate } from "./fault.ts";
import type { Models } from "./models.ts";
import type { Turns } from "./turns.ts";

/** Of how many calls it is remembered how many lines they have. */
const REMEMBERED = 1_000;

export function mongoTranscripts(connection: Connection, turns: Turns): Transcripts {
  const counts = new Map<CallId, number>();
  const remember = (call: CallId, count: number): void => {
    counts.delete(call);
    counts.set(call, count);
    const [oldest] = counts.keys();
    if (counts.size > REMEMBERED && oldest !== undefined) counts.delete(oldest);
  };
  /** All at once; `null` when one of them, or a number, is there already, which the indexes refuse. */
  const together = async (models: Models, call: CallId, lines: readonly NewLine[]) => {
    const before = counts.get(call) ?? (await count(models, call));
    const numbered = lines.map((line, at) => ({ ...line, call, seq: before + at + 1 }));
    try {
      await models.lines.insertMany(
        numbered.map((line) => ({ ...line, _id: `${call}/${line.seq}` })),
      );
      remember(call, before + lines.length);
      return numbered;
    } catch (error) {
      counts.delete(call);
      if (!isDuplicate(error)) throw error;
      return null;
    }
  };
  return {
    append: (call, lines) =>
      turns.take(`lines ${call}`, () =>
        connection.run(async (models) => {
          if (lines.length === 0) return [];
          const all = await together(models, call, lines);
          return all ?? (await oneByOne(models, call, lines));
        }),
      ),

    list: (call) =>
      connection.run(async (models) => {
        const lines = await models.lines.find({ call }).sort({ seq: 1 }).lean();
        return lines.map((line) => parseRecord(lineShape, line, "transcript line"));
      }),
  };
}

/** A number that another process took in between moves only one line and those after it. */
async function oneByOne(
  models: Models,
  call: CallId,
  lines: readonly NewLine[],
): Promise<readonly TranscriptLine[]> {
  const written: TranscriptLine[] = [];
  for (const line of lines) {
    const taken = await claim(
      async () => (await count(models, call)) + 1,
      async (seq) => {
        const there = await models.lines.findOne({ call, key: line.key }).lean();
        if (there !== null) return parseRecord(lineShape, there, "transcript line");
        const numbered: TranscriptLine = { ...line, call, seq };
        await models.lines.create([{ ...numbered, _id: `${call}/${seq}` }]);
        return numbered;
      },
    );
    written.push(taken);
  }
  return written;
}

/** How many lines a call has: their numbers have no gap, and each is part of a name that is found at once. */
async function count(models: Models, call: CallId): Promise<number> {
  for (let found = 0; ; found += 1) {
    const line = await models.lines.exists({ _id: `${call}/${found + 1}` });
    if (line === null) return found;
  }
}
