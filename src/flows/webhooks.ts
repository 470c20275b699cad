import { createHash } from "node:crypto";
import { asDeliveryId, type DeliveryId } from "../domain/ids.ts";
import { type Delivery, pauseAfter, type Webhook, wants } from "../domain/webhook.ts";
import type { Clock } from "../ports/clock.ts";
import type { Jobs } from "../ports/jobs.ts";
import type { Log } from "../ports/log.ts";
import type { Store } from "../ports/store.ts";
import type { WebhookSender } from "../ports/webhooks.ts";

export interface WebhookDeps {
  readonly store: Pick<Store, "webhooks">;
  readonly jobs: Pick<Jobs, "ask">;
  readonly sender: WebhookSender;
  readonly clock: Clock;
  readonly log: Log;
}

/** Something that happened, as webhooks tell it. */
export interface Happening {
  readonly event: string;
  /** What tells it from all others; the process that it happens in alone tells of it. */
  readonly key: string;
  readonly body: string;
}

/** How long it may take until it is seen here that another process has changed who is told. */
const KNOWN_FOR_MS = 5_000;

/** Keeps a message for every webhook that wants it, and has it sent. */
export class WebhookTeller {
  readonly #deps: Pick<WebhookDeps, "store" | "jobs" | "clock">;
  #known: readonly Webhook[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(deps: Pick<WebhookDeps, "store" | "jobs" | "clock">) {
    this.#deps = deps;
  }

  /** Whether somebody may want to be told; most of the time nobody does, and then nothing need be written down. */
  get hasListeners(): boolean {
    return this.#known.length > 0 || this.#isStale;
  }

  /** Who is told has changed. */
  changed(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  /** Rejects with `store_down` when it cannot be kept. */
  async tell({ event, key, body }: Happening): Promise<void> {
    const { store, jobs, clock } = this.#deps;
    const wanting = (await this.#webhooks()).filter((webhook) => wants(webhook, event));
    if (wanting.length === 0) return;
    const deliveries = wanting.map(
      (webhook): Delivery => ({
        id: deliveryIdOf(webhook, key),
        webhook: webhook.id,
        event,
        body,
        state: "pending",
        tries: 0,
        status: null,
        fault: "",
        createdAt: clock.now(),
        triedAt: null,
      }),
    );
    for (const delivery of await store.webhooks.keep(deliveries))
      await jobs.ask({ type: "webhook_due", delivery });
  }

  /** Has a message that is kept sent. */
  async send(delivery: DeliveryId): Promise<void> {
    await this.#deps.jobs.ask({ type: "webhook_due", delivery });
  }

  get #isStale(): boolean {
    return this.#deps.clock.now() - this.#readAt >= KNOWN_FOR_MS;
  }

  async #webhooks(): Promise<readonly Webhook[]> {
    if (this.#isStale) {
      this.#known = await this.#deps.store.webhooks.list();
      this.#readAt = this.#deps.clock.now();
    }
    return this.#known;
  }
}

/** The same message for the same webhook has the same id, whichever process hears of it. */
function deliveryIdOf({ id }: Webhook, key: string): DeliveryId {
  const digest = createHash("sha256").update(`${id}\n${key}`).digest("hex");
  return asDeliveryId(`DLV-${digest.slice(0, 24).toUpperCase()}`);
}

/** Tries a delivery once more, unless it is settled already; how it went is kept, and a failed one is tried again. */
export async function deliver(id: DeliveryId, deps: WebhookDeps): Promise<void> {
  const { store, jobs, sender, clock, log } = deps;
  const delivery = await store.webhooks.delivery(id);
  if (delivery === null || delivery.state !== "pending") return;
  const webhook = await store.webhooks.get(delivery.webhook);
  if (webhook === null) return;
  const at = clock.now();
  const { url, secret } = webhook;
  const answer = await sender.send({
    url,
    secret,
    id,
    event: delivery.event,
    body: delivery.body,
    at,
  });
  const status = "status" in answer ? answer.status : null;
  const isTaken = status !== null && status >= 200 && status <= 299;
  const tries = delivery.tries + 1;
  const fault = isTaken ? "" : "fault" in answer ? answer.fault : `answered ${answer.status}`;
  const againInMs = isTaken ? null : pauseAfter(tries);
  const state = isTaken ? "delivered" : againInMs === null ? "dead" : "pending";
  await store.webhooks.settle({ ...delivery, state, tries, status, fault, triedAt: at });
  if (againInMs !== null) await jobs.ask({ type: "webhook_due", delivery: id }, againInMs);
  if (state === "dead")
    log.warn({ delivery: id, webhook: webhook.id, tries }, "a webhook is not told any more");
}

/** Has everything sent that was on its way when a process ended: a job that was not stored is lost with it. */
export async function resumeDeliveries({
  store,
  jobs,
}: Pick<WebhookDeps, "store" | "jobs">): Promise<void> {
  const pending = await store.webhooks.deliveries({ state: "pending", limit: 500 });
  for (const { id } of pending) await jobs.ask({ type: "webhook_due", delivery: id });
}
