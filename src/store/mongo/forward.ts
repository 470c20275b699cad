import { wordsIn } from "../../domain/search.ts";
import type { Models } from "./models.ts";
import { ordersOf, ticketOf } from "./tickets.ts";

/**
 * Gives what an earlier version kept the fields that lists are filtered and sorted by. What has them is not touched, so
 * that an end in the middle is gone on from at the next start.
 */
export async function bringForward(models: Models): Promise<void> {
  await orderTickets(models);
  await relateRecordings(models);
  await indexLines(models);
}

async function orderTickets(models: Models): Promise<void> {
  const unordered = models.tickets.find({ priorityOrder: { $exists: false } }).lean();
  for await (const document of unordered) {
    const orders = ordersOf(ticketOf(document));
    await models.tickets.updateOne({ _id: document._id }, { $set: orders });
  }
}

async function relateRecordings(models: Models): Promise<void> {
  const unrelated = models.recordings.find({ agents: { $exists: false } }).lean();
  for await (const { _id, call } of unrelated) {
    const state = await models.calls.findOne({ _id: call }, { queue: 1 }).lean();
    const talks = await models.events.find({ call, type: "connected" }, { event: 1 }).lean();
    const talked = talks.flatMap(({ event }) => ("agent" in event ? [event.agent] : []));
    const agents = [...new Set(talked)].sort((left, right) =>
      String(left) < String(right) ? -1 : 1,
    );
    const queue = state?.queue ?? null;
    await models.recordings.updateOne({ _id }, { $set: { queue, agents } });
  }
}

/** So many lines are written with one request. */
const PORTION = 1_000;

async function indexLines({ lines }: Models): Promise<void> {
  const next = () =>
    lines
      .find({ words: { $exists: false } }, { content: 1 })
      .limit(PORTION)
      .lean();
  for (let found = await next(); found.length > 0; found = await next()) {
    await lines.bulkWrite(
      found.map(({ _id, content }) => ({
        updateOne: { filter: { _id }, update: { $set: { words: wordsIn(content) } } },
      })),
    );
  }
}
