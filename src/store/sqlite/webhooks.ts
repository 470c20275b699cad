import type { Delivery, Webhook } from "../../domain/webhook.ts";
import type { DeliveryFilter, Webhooks } from "../../ports/webhooks.ts";
import { deliveryShape, pageSize, parseRecord, webhookShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";
import { type Condition, whereOf } from "./where.ts";

const WEBHOOKS =
  "SELECT id, url, events, secret, active, created_at AS createdAt, created_by AS createdBy FROM webhooks";
const DELIVERIES = `
  SELECT id, webhook, event, body, state, tries, status, fault, created_at AS createdAt, tried_at AS triedAt
  FROM deliveries`;
const SAVE = `
  INSERT INTO webhooks (id, url, events, secret, active, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET url = excluded.url, events = excluded.events, secret = excluded.secret,
    active = excluded.active`;
const KEEP = `
  INSERT INTO deliveries (id, webhook, event, body, state, tries, status, fault, created_at, tried_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`;
const SETTLE =
  "UPDATE deliveries SET state = ?, tries = ?, status = ?, fault = ?, tried_at = ? WHERE id = ?";

export function sqliteWebhooks(connection: Connection): Webhooks {
  return {
    save: ({ id, url, events, secret, active, createdAt, createdBy }) =>
      connection.write((prepare) => {
        const wanted = JSON.stringify(events);
        prepare(SAVE).run(id, url, wanted, secret, active ? 1 : 0, createdAt, createdBy);
      }),

    get: (id) =>
      connection.read((prepare) => {
        const row = prepare(`${WEBHOOKS} WHERE id = ?`).get(id);
        return row === undefined ? null : webhookOf(row);
      }),

    list: () =>
      connection.read((prepare) =>
        prepare(`${WEBHOOKS} ORDER BY created_at, id`).all().map(webhookOf),
      ),

    remove: (id) =>
      connection.write((prepare) => {
        prepare("DELETE FROM deliveries WHERE webhook = ?").run(id);
        return prepare("DELETE FROM webhooks WHERE id = ?").run(id).changes > 0;
      }),

    keep: (deliveries) =>
      connection.write((prepare) =>
        deliveries
          .filter((each) => {
            const { id, webhook, event, body, state, tries, status, fault } = each;
            const { createdAt, triedAt } = each;
            const about = [id, webhook, event, body, state, tries, status, fault] as const;
            return prepare(KEEP).run(...about, createdAt, triedAt).changes > 0;
          })
          .map(({ id }) => id),
      ),

    settle: ({ id, state, tries, status, fault, triedAt }) =>
      connection.write((prepare) => {
        prepare(SETTLE).run(state, tries, status, fault, triedAt, id);
      }),

    delivery: (id) =>
      connection.read((prepare) => {
        const row = prepare(`${DELIVERIES} WHERE id = ?`).get(id);
        return row === undefined ? null : deliveryOf(row);
      }),

    deliveries: (filter) =>
      connection.read((prepare) => {
        const { where, values } = whereOf(conditionsOf(filter));
        const sql = `${DELIVERIES} ${where} ORDER BY created_at DESC, id DESC LIMIT ?`;
        return prepare(sql)
          .all(...values, pageSize(filter.limit))
          .map(deliveryOf);
      }),
  };
}

function conditionsOf({ webhook, state, before }: DeliveryFilter): Condition[] {
  const conditions: Condition[] = [];
  if (webhook !== undefined) conditions.push(["webhook = ?", webhook]);
  if (state !== undefined) conditions.push(["state = ?", state]);
  if (before !== undefined)
    conditions.push([
      "(created_at, id) < (SELECT created_at, id FROM deliveries WHERE id = ?)",
      before,
    ]);
  return conditions;
}

function webhookOf(row: Record<string, unknown>): Webhook {
  const { events, active } = row;
  const record = { ...row, events: JSON.parse(String(events)), active: active === 1 };
  return parseRecord(webhookShape, record, "webhook");
}

function deliveryOf(row: unknown): Delivery {
  return parseRecord(deliveryShape, row, "delivery");
}
