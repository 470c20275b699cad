import type { Recordings } from "../../ports/store.ts";
import { parseRecord, recordingShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";

export function mongoRecordings(connection: Connection): Recordings {
  return {
    save: (entry) =>
      connection.run(async (models) => {
        await models.recordings.updateOne({ _id: entry.name }, { $set: entry }, { upsert: true });
      }),

    get: (name) =>
      connection.run(async (models) => {
        const entry = await models.recordings.findOne({ _id: name }).lean();
        return entry === null ? null : parseRecord(recordingShape, entry, "recording");
      }),

    ofCall: (call) =>
      connection.run(async (models) => {
        const entries = await models.recordings.find({ call }).sort({ at: -1, _id: -1 }).lean();
        return entries.map((entry) => parseRecord(recordingShape, entry, "recording"));
      }),
  };
}
