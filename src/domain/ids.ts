/**
 * The names things have, as users of the API know them. Each is a string with a brand, so that a call id
 * cannot be passed where an agent id is wanted.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/**
 * `CALL-A1B2C3D4E5F60718`: sixteen upper-case hexadecimal digits. Of eight, two calls among some tens of thousands would
 * have the same, and the log of the second would be taken for that of the first.
 */
export type CallId = Branded<"CallId">;
/** `AGT-001`. */
export type AgentId = Branded<"AgentId">;
/** `TKT-20261120-0001`: the day (UTC) it was opened, then a counter of that day. */
export type TicketId = Branded<"TicketId">;
/** `CUST-001`. */
export type CustomerId = Branded<"CustomerId">;
/** `WHK-` and twelve hexadecimal digits. */
export type WebhookId = Branded<"WebhookId">;
/** `DLV-` and what follows from the webhook and the thing that happened: twice the same is one delivery. */
export type DeliveryId = Branded<"DeliveryId">;
/** The id of an Asterisk channel; ours to choose for every channel that we create. */
export type ChannelId = Branded<"ChannelId">;
/** The id of an Asterisk bridge, chosen by us. */
export type BridgeId = Branded<"BridgeId">;
/** A queue's name as `kituo.yaml` writes it, for example `support`. */
export type QueueName = Branded<"QueueName">;

export const asCallId = (text: string): CallId => text as CallId;
export const asAgentId = (text: string): AgentId => text as AgentId;
export const asTicketId = (text: string): TicketId => text as TicketId;
export const asCustomerId = (text: string): CustomerId => text as CustomerId;
export const asWebhookId = (text: string): WebhookId => text as WebhookId;
export const asDeliveryId = (text: string): DeliveryId => text as DeliveryId;
export const asChannelId = (text: string): ChannelId => text as ChannelId;
export const asBridgeId = (text: string): BridgeId => text as BridgeId;
export const asQueueName = (text: string): QueueName => text as QueueName;

/** Makes a call id from eight random bytes (the caller brings the randomness, the domain has none). */
export function callIdFrom(bytes: Uint8Array): CallId {
  if (bytes.length < 8) throw new RangeError(`a call id needs 8 random bytes, got ${bytes.length}`);
  const hex = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0"));
  return asCallId(`CALL-${hex.join("").toUpperCase()}`);
}

/** Makes the `counter`-th ticket id of the UTC day that `at` (milliseconds since 1970) falls on. */
export function ticketIdFrom(at: number, counter: number): TicketId {
  const day = new Date(at).toISOString().slice(0, 10).replaceAll("-", "");
  return asTicketId(`TKT-${day}-${String(counter).padStart(4, "0")}`);
}
