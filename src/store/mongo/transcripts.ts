import type { CallId } from "../../domain/ids.ts";
import type { TranscriptLine, Transcripts } from "../../ports/store.ts";
import { lineShape, parseRecord } from "../shapes.ts";
import { claim } from "./claim.ts";
import type { Connection } from "./connection.ts";
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
  return {
    append: (call, lines) =>
      turns.take(`lines ${call}`, () =>
        connection.run(async (models) => {
          const written: TranscriptLine[] = [];
          // One document at a time: a number that another process took in between moves only this line and those
          // after it. A call's transcript is a handful of lines.
          for (const line of lines) {
            let tries = 0;
            const taken = await claim(
              async () => (counts.get(call) ?? (await count(models, call))) + 1,
              async (seq) => {
                tries += 1;
                // The indexes refuse a line that is there, or a number that is taken: only then it is looked which.
                counts.delete(call);
                const there =
                  tries === 1 ? null : await models.lines.findOne({ call, key: line.key }).lean();
                if (there !== null) return parseRecord(lineShape, there, "transcript line");
                const numbered: TranscriptLine = { ...line, call, seq };
                await models.lines.create([{ ...numbered, _id: `${call}/${seq}` }]);
                remember(call, seq);
                return numbered;
              },
            );
            written.push(taken);
          }
          return written;
        }),
      ),

    list: (call) =>
      connection.run(async (models) => {
        const lines = await models.lines.find({ call }).sort({ seq: 1 }).lean();
        return lines.map((line) => parseRecord(lineShape, line, "transcript line"));
      }),
  };
}

/** How many lines a call has: their numbers have no gap, and each is part of a name that is found at once. */
async function count(models: Models, call: CallId): Promise<number> {
  for (let found = 0; ; found += 1) {
    const line = await models.lines.exists({ _id: `${call}/${found + 1}` });
    if (line === null) return found;
  }
}
