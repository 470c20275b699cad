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
