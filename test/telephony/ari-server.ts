import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/** One request as the server got it. */
export interface Received {
  readonly method: string;
  /** Without `/ari`; with the query. */
  readonly path: string;
  readonly body: unknown;
}

/** What is answered: a status and a body, the page of a web server without ARI, or nothing at all, ever. */
export type Reply =
  | { readonly status: number; readonly body?: unknown; readonly type?: "text/html" }
  | "silence";

/** An ARI in memory, for faults that a real Asterisk does not show on demand. */
export interface AriServer {
  readonly url: string;
  readonly received: readonly Received[];
  /** Decides what is answered; `null` leaves it to the default, 200 with an empty object. */
  onRequest: (request: Received) => Reply | null | Promise<Reply | null>;
  /** Settles with the first request for which `wanted` holds, past or to come. */
  request(wanted: (request: Received) => boolean): Promise<Received>;
  /** Settles when the `count`-th event socket since the start is open. */
  connection(count: number): Promise<void>;
  /** Whether it tells an application what that tells itself, as it does while the name is theirs. */
  echoes: boolean;
  /** Sends to the newest socket. */
  send(message: unknown): void;
  /** Cuts every event socket without a word. */
  cut(): void;
  stop(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? null : JSON.parse(text);
}

export async function startAriServer(options: { answersPings?: boolean } = {}): Promise<AriServer> {
  const received: Received[] = [];
  const sockets: WebSocket[] = [];
  const waiting = new Set<() => void>();
  const changed = (): void => {
    for (const look of waiting) look();
  };
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").replace(/^\/ari/, "");
    const got = { method: request.method ?? "", path, body: await readBody(request) };
    received.push(got);
    changed();
    if (self.echoes && path.startsWith("/events/user/KituoEcho"))
      self.send({ type: "ChannelUserevent", eventname: "KituoEcho" });
    const reply = (await self.onRequest(got)) ?? { status: 200, body: {} };
    if (reply === "silence") return;
    const { type = "application/json" } = reply;
    response.writeHead(reply.status, { "content-type": type });
    response.end(reply.body === undefined ? "" : JSON.stringify(reply.body));
  }

  const server = createServer((request, response) => void serve(request, response));
  const upgrades = new WebSocketServer({ server, autoPong: options.answersPings ?? true });
  upgrades.on("connection", (socket) => {
    sockets.push(socket);
    changed();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const self: AriServer = {
    url: `http://127.0.0.1:${port}/ari`,
    echoes: true,
    received,
    onRequest: () => null,
    request: (wanted) => until(() => received.find(wanted)),
    connection: (count) => until(() => (sockets.length >= count ? null : undefined)).then(() => {}),
    send: (message) => sockets.at(-1)?.send(JSON.stringify(message)),
    cut: () => {
      for (const socket of sockets) socket.terminate();
    },
    stop: async () => {
      self.cut();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return self;
}
