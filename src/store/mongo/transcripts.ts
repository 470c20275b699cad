import type { CallId } from "../../domain/ids.ts";
import type { TranscriptLine, Transcripts } from "../../ports/store.ts";
import { lineShape, parseRecord } from "../shapes.ts";
import { claim } from "./claim.ts";
import type { Connection } from "./connection.ts";
import type { Models } from "./models.ts";
import type { Turns } from "./turns.ts";

export function mongoTranscripts(connection: Connection, turns: Turns): Transcripts {
  return {
    append: (call, lines) =>
      turns.take(`lines ${call}`, () =>
        connection.run(async (models) => {
          const written: TranscriptLine[] = [];
          // One document at a time: a number that another process took in between moves only this line and those
          // after it. A call's transcript is a handful of lines.
          for (const line of lines) {
            written.push(
              await claim(
                () => next(models, call),
                async (seq) => {
                  const there = await models.lines.findOne({ call, key: line.key }).lean();
                  if (there !== null) return parseRecord(lineShape, there, "transcript line");
                  const numbered: TranscriptLine = { ...line, call, seq };
                  await models.lines.create([{ ...numbered, _id: `${call}/${seq}` }]);
                  return numbered;
                },
              ),
            );
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

async function next(models: Models, call: CallId): Promise<number> {
  const last = await models.lines.findOne({ call }).sort({ seq: -1 }).lean();
  return (last?.seq ?? 0) + 1;
}
