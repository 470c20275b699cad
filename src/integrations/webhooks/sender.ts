import { createHmac } from "node:crypto";
import { type ClientRequest, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import type { WebhookAnswer, WebhookMessage, WebhookSender } from "../../ports/webhooks.ts";
import { guardedLookup, isForbidden, isPublic } from "./address.ts";

/** How long the other side may take to answer. */
const ANSWER_WITHIN_MS = 10_000;

export interface SenderOptions {
  /** Which addresses may be sent to; those of the public internet when nothing is said. */
  readonly isAllowed?: (address: string) => boolean;
  readonly answerWithinMs?: number;
}

/**
 * What a message is signed with: HMAC-SHA256 over the time in seconds, a point, and the body. Whoever gets it computes
 * the same, compares in constant time, and refuses what is older than a few minutes.
 */
export function signatureOf(secret: string, seconds: number, body: string): string {
  const digest = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${digest}`;
}

/** Makes the sender. */
export function createWebhookSender({
  isAllowed = isPublic,
  answerWithinMs = ANSWER_WITHIN_MS,
}: SenderOptions = {}): WebhookSender {
  const lookup = guardedLookup(isAllowed);
  return {
    async send(message): Promise<WebhookAnswer> {
      const url = new URL(message.url);
      if (isForbidden(url.hostname, isAllowed))
        return { fault: `${url.hostname} is an address of a private network` };
      const request = url.protocol === "https:" ? secureRequest : plainRequest;
      try {
        const options = {
          method: "POST",
          headers: headersOf(message),
          lookup,
          // Each message has a connection of its own: a kept one leads where it led before.
          agent: false,
          signal: AbortSignal.timeout(answerWithinMs),
        } as const;
        return await answerTo(request(url, options), message.body);
      } catch (error) {
        return { fault: faultOf(error, answerWithinMs) };
      }
    },
  };
}

function headersOf({ id, event, secret, body, at }: WebhookMessage): Record<string, string> {
  return {
    "Content-Type": "application/json",
    "Content-Length": String(Buffer.byteLength(body)),
    "User-Agent": "Kituo-Webhooks",
    "Kituo-Delivery": id,
    "Kituo-Event": event,
    "Kituo-Signature": signatureOf(secret, Math.floor(at / 1_000), body),
  };
}

function answerTo(request: ClientRequest, body: string): Promise<WebhookAnswer> {
  return new Promise((resolve, reject) => {
    request.once("error", reject);
    request.once("response", (response) => {
      resolve({ status: response.statusCode ?? 0 });
      // What it says beside the status is of no use, and may be endless.
      response.destroy();
    });
    request.end(body);
  });
}

function faultOf(error: unknown, withinMs: number): string {
  if (!(error instanceof Error)) return String(error);
  const isLate = error.name === "TimeoutError" || error.name === "AbortError";
  return isLate ? `no answer within ${withinMs / 1_000} s` : error.message;
}
