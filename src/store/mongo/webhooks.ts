import type { Delivery, Webhook } from "../../domain/webhook.ts";
import type { Webhooks } from "../../ports/webhooks.ts";
import { deliveryShape, pageSize, parseRecord, webhookShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";
import { isDuplicate } from "./fault.ts";

export function mongoWebhooks(connection: Connection): Webhooks {
  return {
    save: (webhook) =>
      connection.run(async (models) => {
        const { id: _id, createdAt, createdBy, ...changes } = webhook;
        const made = { id: _id, createdAt, createdBy };
        const update = { $set: changes, $setOnInsert: made };
        await models.webhooks.updateOne({ _id }, update, { upsert: true });
      }),

    get: (id) =>
      connection.run(async (models) => {
        const webhook = await models.webhooks.findOne({ _id: id }).lean();
        return webhook === null ? null : webhookOf(webhook);
      }),

    list: () =>
      connection.run(async (models) =>
        (await models.webhooks.find().sort({ createdAt: 1, _id: 1 }).lean()).map(webhookOf),
      ),

    remove: (id) =>
      connection.run(async (models) => {
        await models.deliveries.deleteMany({ webhook: id });
        return (await models.webhooks.deleteOne({ _id: id })).deletedCount > 0;
      }),

    keep: (deliveries) =>
      connection.run(async (models) => {
        const made = [];
        for (const delivery of deliveries) {
          try {
            await models.deliveries.create([{ ...delivery, _id: delivery.id }]);
            made.push(delivery.id);
          } catch (error) {
            if (!isDuplicate(error)) throw error; // It was there already.
          }
        }
        return made;
      }),

    settle: ({ id, state, tries, status, fault, triedAt }) =>
      connection.run(async (models) => {
        const change = { state, tries, status, fault, triedAt };
        await models.deliveries.updateOne({ _id: id }, { $set: change });
      }),

    delivery: (id) =>
      connection.run(async (models) => {
        const delivery = await models.deliveries.findOne({ _id: id }).lean();
        return delivery === null ? null : deliveryOf(delivery);
      }),

    deliveries: async ({ webhook, state, before, limit }) => {
      const size = pageSize(limit);
      if (size === 0) return []; // MongoDB takes 0 for no limit.
      return await connection.run(async (models) => {
        const last =
          before === undefined ? null : await models.deliveries.findOne({ _id: before }).lean();
        if (before !== undefined && last === null) return [];
        const found = models.deliveries
          .find({
            ...(webhook === undefined ? {} : { webhook }),
            ...(state === undefined ? {} : { state }),
            ...(last === null
              ? {}
              : {
                  $or: [
                    { createdAt: { $lt: last.createdAt } },
                    { createdAt: last.createdAt, _id: { $lt: last._id } },
                  ],
                }),
          })
          .sort({ createdAt: -1, _id: -1 })
          .limit(size);
        return (await found.lean()).map(deliveryOf);
      });
    },
  };
}

function webhookOf(document: unknown): Webhook {
  return parseRecord(webhookShape, document, "webhook");
}

function deliveryOf(document: unknown): Delivery {
  return parseRecord(deliveryShape, document, "delivery");
}
