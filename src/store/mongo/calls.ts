import type { QueryFilter } from "mongoose";
import { apply, type CallState, fold } from "../../domain/call.ts";
import type { CallEvent, EndingResult } from "../../domain/call-fact.ts";
import { asCallId, type CallId } from "../../domain/ids.ts";
import type { CallFilter, CallLogs } from "../../ports/store.ts";
import { eventShape, pageSize, parseRecord, ratingShape, stateShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";
import { isDuplicate } from "./fault.ts";
import type { CallDocument, Models } from "./models.ts";
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
  const save = stateWriter(connection);
  return {
    // The events first: whoever dies before the states leaves what `newer` finds, and never a log with a hole.
    append: async (events, states) => {
      await appendEvents(connection, events);
      await Promise.all(states.map(save));
    },

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

    newer: (known) => connection.run((models) => newerStates(models, known)),

    list: async (filter) => {
      const limit = pageSize(filter.limit);
      if (limit === 0) return []; // MongoDB takes 0 for no limit.
      return await connection.run(async (models) => {
        const order = { startedAt: -1, _id: -1 } as const;
        const calls = await models.calls.find(conditions(filter)).sort(order).limit(limit).lean();
        return calls.map((call) => parseRecord(stateShape, call, "call"));
      });
    },

    between: async (from, to, after, limit) => {
      const size = pageSize(limit);
      if (size === 0) return []; // MongoDB takes 0 for no limit.
      return await connection.run(async (models) => {
        const { startedAt = from, id = "" } = after ?? {};
        // From where the part before ended: from the beginning, each part would go through all that came before it.
        const started = { $gte: startedAt, $lt: to };
        const calls = await models.calls
          .find({
            startedAt: started,
            $or: [{ startedAt: { $gt: startedAt } }, { startedAt, _id: { $gt: id } }],
          })
          .sort({ startedAt: 1, _id: 1 })
          .limit(size)
          .lean();
        const ids = calls.map(({ _id }) => asCallId(_id));
        const events = await models.events
          .find({ call: { $in: ids } })
          .sort({ call: 1, seq: 1 })
          .lean();
        const ofCall = Map.groupBy(events, ({ call }) => call);
        return calls.map((call) => ({
          state: parseRecord(stateShape, call, "call"),
          events: (ofCall.get(asCallId(call._id)) ?? []).map(({ event }) =>
            parseRecord(eventShape, event, "call event"),
          ),
        }));
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

async function appendEvents(connection: Connection, events: readonly CallEvent[]): Promise<void> {
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
}

/** What a call has beyond its state is read from its events; see `append`. */
async function newerStates(
  { calls, events }: Models,
  known: readonly Pick<CallState, "id" | "seq">[],
): Promise<CallState[]> {
  if (known.length === 0) return [];
  const beyond = known.map(({ id, seq }) => ({ call: id, seq: { $gt: seq } }));
  const [saved, appended] = await Promise.all([
    calls.find({ _id: { $in: known.map(({ id }) => id) } }).lean(),
    events.find({ $or: beyond }).sort({ call: 1, seq: 1 }).lean(),
  ]);
  const states = new Map<CallId, CallState>(
    saved.map((call) => [call.id, parseRecord(stateShape, call, "call")]),
  );
  for (const { event } of appended) {
    const next = parseRecord(eventShape, event, "call event");
    const state = states.get(next.call);
    if (next.seq !== (state?.seq ?? 0) + 1) continue;
    states.set(next.call, state === undefined ? fold([next]) : apply(state, next));
  }
  return known.flatMap(({ id, seq }) => {
    const state = states.get(id);
    return state !== undefined && state.seq > seq ? [state] : [];
  });
}
