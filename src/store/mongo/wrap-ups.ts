import type { WrapUps } from "../../ports/store.ts";
import { parseRecord, wrapUpShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";

export function mongoWrapUps(connection: Connection): WrapUps {
  return {
    save: (entry) =>
      connection.run(async (models) => {
        const _id = `${entry.call}/${entry.agent}`;
        await models.wrapUps.updateOne({ _id }, { $set: entry }, { upsert: true });
      }),

    ofCall: (call) =>
      connection.run(async (models) => {
        const entries = await models.wrapUps.find({ call }).sort({ at: -1, _id: -1 }).lean();
        return entries.map((entry) => parseRecord(wrapUpShape, entry, "wrap-up"));
      }),
  };
}
