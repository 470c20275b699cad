import type { DeliveryId, WebhookId } from "../domain/ids.ts";
import type { Delivery, DeliveryState, Webhook } from "../domain/webhook.ts";

export interface DeliveryFilter {
  readonly webhook?: WebhookId;
  readonly state?: DeliveryState;
  /** Those that were made before this one, by the lists' own order. */
  readonly before?: DeliveryId;
  /** At most 500. */
  readonly limit: number;
}

/** Who outside is told of what happens, and what is on its way to them. */
export interface Webhooks {
  /** Writes a webhook, by id. */
  save(webhook: Webhook): Promise<void>;
  get(id: WebhookId): Promise<Webhook | null>;
  list(): Promise<readonly Webhook[]>;
  /** Removes a webhook with all its deliveries; `false` when there is none. */
  remove(id: WebhookId): Promise<boolean>;
  /** Keeps these deliveries; gives those that were not there yet. */
  keep(deliveries: readonly Delivery[]): Promise<readonly DeliveryId[]>;
  /** Writes what became of a delivery; nothing happens when it has gone. */
  settle(delivery: Delivery): Promise<void>;
  delivery(id: DeliveryId): Promise<Delivery | null>;
  /** Newest first, then by id. */
  deliveries(filter: DeliveryFilter): Promise<readonly Delivery[]>;
}

/** One message for somebody outside. */
export interface WebhookMessage {
  readonly url: string;
  readonly secret: string;
  /** Names this message: whoever has had it before can tell. */
  readonly id: string;
  readonly event: string;
  readonly body: string;
  /** When it is sent, in milliseconds since 1970; part of what is signed. */
  readonly at: number;
}

/** What was answered: a status, or why there was none. */
export type WebhookAnswer = { readonly status: number } | { readonly fault: string };

/**
 * Sends signed messages to addresses that users have named. Never to an address of a private network, this machine
 * included, however its name is resolved; redirects are not followed. Never rejects.
 */
export interface WebhookSender {
  send(message: WebhookMessage): Promise<WebhookAnswer>;
}
