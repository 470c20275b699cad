import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { callStreamPath } from "../contract/call-stream.ts";
import { phoneInputSchema, phonePath } from "../contract/phone-updates.ts";
import { updatesPath } from "../contract/updates.ts";

/** What a client asks for when it opens a socket. */
export type Wanted =
  | { readonly socket: "updates" }
  | { readonly socket: "phone"; readonly extension: string }
  | { readonly socket: "call"; readonly session: string };

export interface Handshake {
  readonly wanted: Wanted;
  /** `null`: it comes in a first message. */
  readonly token: string | null;
  /** Where the client was, as it was told. */
  readonly resume: string | null;
}

export type Refusal = 400 | 401 | 403 | 404 | 500;

const [beforeSession = ""] = callStreamPath.split("{");

/** Reads the request that opens a socket; a status when it is refused for what it says itself. */
export function readHandshake(
  request: IncomingMessage,
  origins: readonly string[],
): Handshake | Refusal {
  const text = request.url ?? "/";
  if (!URL.canParse(text, "http://kituo.invalid")) return 400;
  const address = new URL(text, "http://kituo.invalid");
  const wanted = wantedAt(address);
  if (typeof wanted === "number") return wanted;
  if (!isKnownOrigin(request, origins)) return 403;
  return {
    wanted,
    token: bearer(request) ?? address.searchParams.get("token"),
    resume: address.searchParams.get("resume"),
  };
}

function wantedAt({ pathname, searchParams }: URL): Wanted | Refusal {
  if (pathname === updatesPath) return { socket: "updates" };
  if (pathname === phonePath) {
    const input = phoneInputSchema.safeParse({ extension: searchParams.get("extension") });
    return input.success ? { socket: "phone", ...input.data } : 400;
  }
  const session = pathname.startsWith(beforeSession) ? pathname.slice(beforeSession.length) : "";
  if (session === "" || session.includes("/")) return 404;
  try {
    return { socket: "call", session: decodeURIComponent(session) };
  } catch {
    // Not what an address looks like.
    return 400;
  }
}

/**
 * A browser names the page that opens a socket: it has to be one of ours, or one that the configuration names. Other
 * programs name none. Any other page could open sockets in the name of whoever looks at it.
 */
function isKnownOrigin({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  return page.host === host || origins.includes(page.origin);
}

function bearer({ headers }: IncomingMessage): string | null {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? null;
}

/** Answers a request that opens no socket. */
export function refuse(socket: Duplex, status: Refusal): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
