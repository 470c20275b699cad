import type { QueryFilter } from "mongoose";
import type { CallId } from "../../domain/ids.ts";
import type { NewLine, TranscriptLine } from "../../domain/record.ts";
import { wordsIn } from "../../domain/search.ts";
import type { TranscriptFilter, Transcripts } from "../../ports/store.ts";
import { lineShape, pageSize, parseRecord } from "../shapes.ts";
import { claim } from "./claim.ts";
import type { Connection } from "./connection.ts";
import { isDuplicate } from "./fault.ts";
import type { LineDocument, Models } from "./models.ts";
import { Portions } from "./portions.ts";
import { Recent } from "./recent.ts";

/** Of how many calls it is remembered how many lines they have. */
const REMEMBERED = 1_000;

/** What is to be added to one call's transcript. */
interface Said {
  readonly call: CallId;
  readonly lines: readonly NewLine[];
}

export function mongoTranscripts(connection: Connection): Transcripts {
  const counts = new Recent<CallId, number>(REMEMBERED);
  /** All at once; `null` when one of them, or a number, is there already, which the indexes refuse. */
  const together = async (models: Models, all: readonly Said[]) => {
    const calls = [...new Set(all.map(({ call }) => call))];
    const before = await Promise.all(
      calls.map(async (call) => counts.get(call) ?? (await count(models, call))),
    );
    const next = new Map(calls.map((call, at) => [call, before[at] ?? 0]));
    const numbered = all.map(({ call, lines }) =>
      lines.map((line) => {
        const seq = (next.get(call) ?? 0) + 1;
        next.set(call, seq);
        return { ...line, call, seq };
      }),
    );
    try {
      const documents = numbered.flat().map(documentOf);
      await models.lines.insertMany(documents, { throwOnValidationError: true });
      for (const [call, seq] of next) counts.set(call, seq);
      return numbered;
    } catch (error) {
      for (const call of calls) counts.forget(call);
      if (!isDuplicate(error)) throw error;
      return null;
    }
  };
  const portions = new Portions<Said, readonly TranscriptLine[]>((all) =>
    connection.run(async (models) => {
      const written = await together(models, all);
      if (written !== null) return written;
      const one: (readonly TranscriptLine[])[] = [];
      for (const { call, lines } of all) one.push(await oneByOne(models, call, lines));
      return one;
    }),
  );
  return {
    append: (call, lines) =>
      lines.length === 0 ? Promise.resolve([]) : portions.put({ call, lines }),

    list: (call) =>
      connection.run(async (models) => {
        const lines = await models.lines.find({ call }).sort({ seq: 1 }).lean();
        return lines.map((line) => parseRecord(lineShape, line, "transcript line"));
      }),

    search: async (filter) => {
      const limit = pageSize(filter.limit);
      if (limit === 0) return []; // MongoDB takes 0 for no limit.
      return await connection.run(async (models) => {
        const found = models.lines
          .find(conditions(filter), { words: 0 })
          .sort({ at: -1, call: -1, seq: -1 });
        const lines = await found.limit(limit).lean();
        return lines.map((line) => parseRecord(lineShape, line, "transcript line"));
      });
    },
  };
}

/** A line as it is kept, with the words by which it is found. */
function documentOf(line: TranscriptLine): LineDocument {
  return { ...line, _id: `${line.call}/${line.seq}`, words: wordsIn(line.content) };
}

function conditions(filter: TranscriptFilter): QueryFilter<LineDocument> {
  const { words, call, speaker, language, said, after } = filter;
  const all: QueryFilter<LineDocument>[] = words.map(({ text, isPrefix }) =>
    // Letters and digits alone, so nothing in a word means anything in an expression.
    isPrefix ? { words: { $regex: `^${text}` } } : { words: text },
  );
  if (call !== undefined) all.push({ call });
  if (speaker !== undefined) all.push({ speaker });
  if (language !== undefined) all.push({ language });
  if (said?.from !== undefined) all.push({ at: { $gte: said.from } });
  if (said?.to !== undefined) all.push({ at: { $lt: said.to } });
  if (after !== undefined) {
    const { at, seq } = after;
    all.push({
      $or: [
        { at: { $lt: at } },
        { at, call: { $lt: after.call } },
        { at, call: after.call, seq: { $lt: seq } },
      ],
    });
  }
  return { $and: all };
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
        await models.lines.create([documentOf(numbered)]);
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
