import type { QueryFilter } from "mongoose";
import type { RecordingEntry, RecordingFilter, Recordings } from "../../ports/store.ts";
import { pageSize, parseRecord, recordingShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";
import type { RecordingDocument } from "./models.ts";

type Filter = QueryFilter<RecordingDocument>;

function conditions(filter: RecordingFilter): Filter {
  const { call, queue, agent, kind, recorded, deleted, after } = filter;
  const all: Filter[] = [];
  if (call !== undefined) all.push({ call });
  if (queue !== undefined) all.push({ queue });
  if (agent !== undefined) all.push({ agents: agent });
  if (kind !== undefined) all.push({ kind });
  if (recorded?.from !== undefined) all.push({ at: { $gte: recorded.from } });
  if (recorded?.to !== undefined) all.push({ at: { $lt: recorded.to } });
  if (deleted !== undefined) all.push({ "deleted.at": { $exists: deleted } });
  if (after !== undefined) {
    const { at, name } = after;
    all.push({ $or: [{ at: { $lt: at } }, { at, _id: { $lt: name } }] });
  }
  return all.length === 0 ? {} : { $and: all };
}

export function mongoRecordings(connection: Connection): Recordings {
  return {
    save: (entry) =>
      connection.run(async (models) => {
        const { queue = null, agents = [] } = entry;
        const saved = { ...entry, queue, agents: [...new Set(agents)].sort() };
        await models.recordings.updateOne({ _id: entry.name }, { $set: saved }, { upsert: true });
      }),

    get: (name) =>
      connection.run(async (models) => {
        const entry = await models.recordings.findOne({ _id: name }).lean();
        return entry === null ? null : recordingOf(entry);
      }),

    ofCall: (call) =>
      connection.run(async (models) => {
        const entries = await models.recordings.find({ call }).sort({ at: -1, _id: -1 }).lean();
        return entries.map(recordingOf);
      }),

    list: async (filter) => {
      const limit = pageSize(filter.limit);
      if (limit === 0) return []; // MongoDB takes 0 for no limit.
      return await connection.run(async (models) => {
        const found = models.recordings.find(conditions(filter)).sort({ at: -1, _id: -1 });
        return (await found.limit(limit).lean()).map(recordingOf);
      });
    },

    markDeleted: (name, by, at) =>
      connection.run(async (models) => {
        await models.recordings.updateOne(
          { _id: name, "deleted.at": { $exists: false } },
          { $set: { deleted: { at, by } } },
        );
        const entry = await models.recordings.findOne({ _id: name }).lean();
        return entry === null ? null : recordingOf(entry);
      }),
  };
}

function recordingOf(document: unknown): RecordingEntry {
  return parseRecord(recordingShape, document, "recording");
}
