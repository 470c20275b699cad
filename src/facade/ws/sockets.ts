import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { closeCodes, updatesPath } from "../contract/updates.ts";
import type { FacadeDeps } from "../http/deps.ts";
import type { Sessions } from "../http/sessions.ts";
import type { SignedIn } from "../http/token.ts";
import { serveSocket } from "./connection.ts";
import { keepLatest } from "./latest.ts";

/** The WebSocket half of the facade; it takes over the upgrade requests of an HTTP server. */
export interface Sockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Says goodbye to every reader; the sockets that do not answer are cut. */
  stop(): Promise<void>;
}

const heartbeatMs = 15_000;
const mostReceived = 64 * 1024;
const goodbyeMs = 1_000;

export function createSockets(
  deps: FacadeDeps,
  tokens: Pick<Sessions, "read" | "onEnded">,
  beatMs = heartbeatMs,
): Sockets {
  const log = deps.log.child({ part: "ws" });
  const latest = keepLatest(deps.board);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: mostReceived,
    perMessageDeflate: false,
    clientTracking: true,
  });

  // A peer that has gone without a word answers no ping and is cut at the next one.
  const silent = new WeakSet<WebSocket>();
  const heartbeat = setInterval(() => {
    for (const socket of server.clients) {
      if (silent.has(socket)) {
        socket.terminate();
        continue;
      }
      silent.add(socket);
      socket.ping();
    }
  }, beatMs);

  async function accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const address = new URL(request.url ?? "/", "http://kituo.invalid");
    if (address.pathname !== updatesPath) return refuse(socket, 404);
    if (!isOwnOrigin(request)) return refuse(socket, 403);
    const token = bearer(request) ?? address.searchParams.get("token");
    let user: SignedIn | null = null;
    if (token !== null) {
      user = await tokens.read(token, deps.clock.now());
      if (user === null) return refuse(socket, 401);
    }
    server.handleUpgrade(request, socket, head, (client) => {
      client.on("pong", () => silent.delete(client));
      serveSocket(client, user, { ...deps, tokens, latest, log }).catch((error: unknown) => {
        log.error({ err: error }, "socket could not be served");
        client.terminate();
      });
    });
  }

  return {
    upgrade(request, socket, head) {
      // Until the socket is upgraded or refused, nobody else listens for its errors.
      const drop = (): void => void socket.destroy();
      socket.on("error", drop);
      accept(request, socket, head)
        .catch((error: unknown) => {
          log.error({ err: error }, "upgrade failed");
          refuse(socket, 500);
        })
        .finally(() => socket.off("error", drop));
    },

    async stop() {
      clearInterval(heartbeat);
      latest.stop();
      const clients = [...server.clients];
      const goodbyes = clients.map(
        (client) => new Promise<void>((resolve) => client.once("close", () => resolve())),
      );
      for (const client of clients) client.close(closeCodes.goingAway, "server stops");
      const cut = setTimeout(() => {
        for (const client of clients) client.terminate();
      }, goodbyeMs);
      await Promise.all(goodbyes);
      clearTimeout(cut);
      server.close();
    },
  };
}

/** A browser names the page that opens a socket: it has to be one of ours. Other programs name none. */
function isOwnOrigin({ headers }: IncomingMessage): boolean {
  if (headers.origin === undefined) return true;
  return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host;
}

function bearer({ headers }: IncomingMessage): string | null {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? null;
}

function refuse(socket: Duplex, status: 401 | 403 | 404 | 500): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
