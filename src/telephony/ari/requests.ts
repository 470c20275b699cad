import { KituoError } from "../../domain/errors.ts";
import { createHttpPool } from "./http.ts";
import type { Operations } from "./wire.generated.ts";

/** A request of ARI by its name in the wire types, for example `POST /channels/{channelId}/answer`. */
export type OperationName = keyof Operations;

/** What goes along with a request, as the wire types say. */
export type Input<Name extends OperationName> = Omit<Operations[Name], "answer">;

/** The answer to a request: its value, or the status with which Asterisk refused it. */
export type Answer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly status: number; readonly message: string };

export interface RequestPoolOptions {
  /** For example `http://127.0.0.1:8088/ari`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** How long a request may take when the caller does not say; 4000 by default. */
  readonly deadlineMs?: number;
}

/** Requests to ARI over kept connections, each with a deadline of its own. */
export interface RequestPool {
  send<Name extends OperationName>(
    name: Name,
    input: Input<Name>,
    options?: { readonly deadlineMs?: number },
  ): Promise<Answer<Operations[Name]["answer"]>>;
  /** How many requests were sent so far. */
  readonly sent: number;
  /** Uses none of its kept connections again: what they led to was lost. */
  dropIdle(): void;
  /** Closes all connections; what is under way rejects. */
  close(): void;
}

interface LooseInput {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** Asterisk drops a connection that was idle for 15 s; ours must be gone well before, or a request meets the drop. */
const idleMs = 8_000;
/** An hour of conversation is 58 MB; anything beyond this is not an answer to keep in memory. */
const answerBytesAtMost = 256 * 1024 * 1024;

/** The path and query of a request. Lists are joined by commas, which is how ARI reads them. */
export function pathOf(template: string, input: LooseInput): string {
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = input.path?.[name];
    if (value === undefined) throw new KituoError("internal", `the path ${template} needs ${name}`);
    return encodeURIComponent(value);
  });
  const query = Object.entries(input.query ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const text = Array.isArray(value) ? value.join(",") : String(value);
      return `${name}=${encodeURIComponent(text)}`;
    });
  return query.length === 0 ? path : `${path}?${query.join("&")}`;
}

function messageOf(bytes: Buffer): string {
  try {
    const body = JSON.parse(bytes.toString("utf8")) as { message?: unknown; error?: unknown };
    const message = body.message ?? body.error;
    return typeof message === "string" ? message : "";
  } catch {
    // An answer that is not JSON carries no message of ARI's; its status says enough.
    return "";
  }
}

/** Opens a pool; nothing is sent before the first request. */
export function createRequestPool(options: RequestPoolOptions): RequestPool {
  const base = new URL(options.url);
  const prefix = base.pathname.replace(/\/$/, "");
  const pool = createHttpPool({
    host: base.hostname.replace(/^\[|\]$/g, ""),
    port: Number(base.port === "" ? 80 : base.port),
    authorization: `Basic ${Buffer.from(`${options.user}:${options.password}`).toString("base64")}`,
    idleMs,
    connectionsAtMost: 128,
    answerBytesAtMost,
  });
  let sent = 0;

  return {
    get sent() {
      return sent;
    },
    async send(name, input, { deadlineMs = options.deadlineMs ?? 4_000 } = {}) {
      const [method = "", template = ""] = name.split(" ", 2);
      const loose = input as LooseInput;
      const body = loose.body === undefined ? null : Buffer.from(JSON.stringify(loose.body));
      sent += 1;
      try {
        const path = prefix + pathOf(template, loose);
        const { status, json, bytes } = await pool.exchange(method, path, body, deadlineMs);
        // Its web server answers before ARI is loaded, and knows nothing of what there is.
        if (status === 404 && !json)
          throw new KituoError("telephony_down", `ARI is not loaded yet: ${name}`);
        if (status < 200 || status > 299) return { ok: false, status, message: messageOf(bytes) };
        const value = bytes.length === 0 ? null : json ? JSON.parse(bytes.toString("utf8")) : bytes;
        return { ok: true, value };
      } catch (error) {
        if (error instanceof KituoError) throw error;
        throw new KituoError("telephony_down", `ARI did not answer ${name}`, [], error);
      }
    },
    dropIdle: () => pool.dropIdle(),
    close: () => pool.close(),
  };
}
