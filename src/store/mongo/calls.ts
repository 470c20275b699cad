import type { QueryFilter } from "mongoose";
import type { EndingResult } from "../../domain/call-fact.ts";
import type { CallFilter, CallLogs } from "../../ports/store.ts";
import { eventShape, pageSize, parseRecord, ratingShape, stateShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";
import { isDuplicate } from "./fault.ts";
import type { CallDocument } from "./models.ts";
import { stateWriter } from "./states.ts";

function conditions(filter: CallFilter): QueryFilter<CallDocument> {
  const { queue, agent, caller, result, before, beforeId } = filter;
  const found: QueryFilter<CallDocument> = {};
  if (queue !== undefined) found.queue = queue;
  if (agent !== undefined) found.agent = agent;
  if (caller !== undefined) found.caller = caller;
  if (result !== undefined) found["ending.result"] = result as EndingResult; // An unknown one finds nothing.
  if (before === undefined) return found;
  if (beforeId === undefined) return { ...found, startedAt: { $lt: before } };
  return {
    ...found,
    $or: [{ startedAt: { $lt: before } }, { startedAt: before, _id: { $lt: beforeId } }],
  };
}

export function mongoCalls(connection: Connection): CallLogs {
  return {
    append: async (events) => {
      if (events.length === 0) return;
      const documents = events.map((event) => ({
        _id: `${event.call}/${event.seq}`,
        call: event.call,
        seq: event.seq,
        at: event.at,
        type: event.type,
        event,
      }));
      await connection.run(async (models) => {
        try {
          await models.events.insertMany(documents, { ordered: false });
        } catch (error) {
          if (!isDuplicate(error)) throw error;
        }
      });
    },

    save: stateWriter(connection),

    get: (id) =>
      connection.run(async (models) => {
        const call = await models.calls.findOne({ _id: id }).lean();
        if (call === null) return null;
        const events = await models.events.find({ call: id }).sort({ seq: 1 }).lean();
        return {
          state: parseRecord(stateShape, call, "call"),
          events: events.map(({ event }) => parseRecord(eventShape, event, "call event")),
        };
      }),

    state: (id) =>
      connection.run(async (models) => {
        const call = await models.calls.findOne({ _id: id }).lean();
        return call === null ? null : parseRecord(stateShape, call, "call");
      }),

    newer: (known) =>
      connection.run(async (models) => {
        if (known.length === 0) return [];
        const seqs = new Map(known.map(({ id, seq }) => [id, seq]));
        const all = await models.calls
          .find({ _id: { $in: [...seqs.keys()] } }, { id: 1, seq: 1 })
          .lean();
        const ids = all.flatMap(({ id, seq }) => (seq > (seqs.get(id) ?? seq) ? [id] : []));
        if (ids.length === 0) return [];
        const calls = await models.calls.find({ _id: { $in: ids } }).lean();
        return calls.map((call) => parseRecord(stateShape, call, "call"));
      }),

    list: async (filter) => {
      const limit = pageSize(filter.limit);
      if (limit === 0) return []; // MongoDB takes 0 for no limit.
      return await connection.run(async (models) => {
        const order = { startedAt: -1, _id: -1 } as const;
        const calls = await models.calls.find(conditions(filter)).sort(order).limit(limit).lean();
        return calls.map((call) => parseRecord(stateShape, call, "call"));
      });
    },

    ratings: (from, to) =>
      connection.run(async (models) => {
        const counted: { readonly _id: object; readonly calls: number }[] =
          await models.calls.aggregate([
            { $match: { startedAt: { $gte: from, $lt: to }, rating: { $gte: 1 } } },
            {
              $group: {
                _id: { queue: "$queue", agent: "$agent", rating: "$rating" },
                calls: { $sum: 1 },
              },
            },
            { $sort: { "_id.queue": 1, "_id.agent": 1, "_id.rating": 1 } },
          ]);
        return counted.map(({ _id, calls }) =>
          parseRecord(ratingShape, { ..._id, calls }, "rating"),
        );
      }),
  };
}
