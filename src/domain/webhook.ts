import type { DeliveryId, WebhookId } from "./ids.ts";

/** Where somebody outside wants to be told of what happens. */
export interface Webhook {
  readonly id: WebhookId;
  readonly url: string;
  /** Names of events, `call:*` for all of a kind, `*` for all. */
  readonly events: readonly string[];
  /** What the messages are signed with. */
  readonly secret: string;
  readonly active: boolean;
  readonly createdAt: number;
  /** The user who made it. */
  readonly createdBy: string;
}

/** `dead`: tried as often as it is tried; somebody has to look, and can have it sent again. */
export const deliveryStates = ["pending", "delivered", "dead"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** One message for one webhook. */
export interface Delivery {
  readonly id: DeliveryId;
  readonly webhook: WebhookId;
  readonly event: string;
  /** What is sent, byte for byte, each time. */
  readonly body: string;
  readonly state: DeliveryState;
  /** How often it was tried. */
  readonly tries: number;
  /** The status that was answered last; `null`: none was. */
  readonly status: number | null;
  /** Why the last try failed; empty: it did not. */
  readonly fault: string;
  readonly createdAt: number;
  readonly triedAt: number | null;
}

/** Whether a webhook wants to be told of this event. */
export function wants(
  { events, active }: Pick<Webhook, "events" | "active">,
  event: string,
): boolean {
  const kind = `${event.split(":", 1)[0]}:*`;
  return active && events.some((each) => each === "*" || each === kind || each === event);
}

/** How long after a failed try the next one comes: ten seconds, and then ever longer, for about a day. */
const PAUSES_MS = [10_000, 60_000, 300_000, 1_800_000, 7_200_000, 21_600_000, 43_200_000];

/** In how long a delivery is tried again that has failed so often; `null`: it is dead. */
export function pauseAfter(tries: number): number | null {
  return PAUSES_MS[tries - 1] ?? null;
}
