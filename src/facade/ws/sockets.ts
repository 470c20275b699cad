import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { closeCodes } from "../contract/updates.ts";
import type { FacadeDeps } from "../http/deps.ts";
import { mayListen } from "../http/scopes.ts";
import type { Sessions } from "../http/sessions.ts";
import type { SignedIn } from "../http/token.ts";
import type { RecordOf } from "./events.ts";
import { type Handshake, readHandshake, refuse } from "./handshake.ts";
import { Heartbeat, type Rhythm } from "./heartbeat.ts";
import { keepLatest } from "./latest.ts";
import { Reader, type ReaderLimits } from "./reader.ts";
import { firstToken, laterTokens } from "./sign-in.ts";
import { Stream } from "./stream.ts";
import type { View } from "./view.ts";
import { createViews } from "./views.ts";

/** The WebSocket half of the facade; it takes over the upgrade requests of an HTTP server. */
export interface Sockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Says goodbye to every reader; the sockets that do not answer are cut. */
  stop(): Promise<void>;
}

export interface SocketLimits extends ReaderLimits, Rhythm {
  /** How many messages are kept for those who come back. */
  readonly mostKept: number;
}

export const defaultLimits: SocketLimits = {
  mostUnsent: 256 * 1024,
  drainWithinMs: 5_000,
  pingAfterMs: 5_000,
  silentForMs: 5_000,
  mostKept: 2_000,
};
const mostReceived = 64 * 1024;
const goodbyeMs = 1_000;

export function createSockets(
  deps: FacadeDeps,
  sessions: Pick<Sessions, "read" | "onEnded">,
  limits: SocketLimits = defaultLimits,
): Sockets {
  const { board, centre, clock } = deps;
  const log = deps.log.child({ part: "ws" });
  const records = new Map(centre.agents.map((agent) => [agent.id, agent]));
  const recordOf: RecordOf = (id) => records.get(id) ?? null;
  const latest = keepLatest(board);
  const stream = new Stream(board, recordOf, limits.mostKept);
  const viewOf = createViews(stream, latest, recordOf, deps);
  const readers = new WeakMap<WebSocket, Reader>();
  const heartbeat = new Heartbeat(limits, (socket) => readers.get(socket)?.isBehind === true);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: mostReceived,
    perMessageDeflate: false,
    clientTracking: true,
  });

  async function accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const handshake = readHandshake(request, deps.origins);
    if (typeof handshake === "number") return refuse(socket, handshake);
    let known: { readonly user: SignedIn; readonly view: View } | null = null;
    if (handshake.token !== null) {
      const user = await sessions.read(handshake.token, clock.now());
      if (user === null) return refuse(socket, 401);
      if (!mayListen(user)) return refuse(socket, 403);
      const view = await viewOf(handshake.wanted);
      // What there is, is told to those who may see it.
      if (view === null) return refuse(socket, 404);
      if (!view.isFor(user)) return refuse(socket, 403);
      known = { user, view };
    }
    server.handleUpgrade(request, socket, head, (client) => {
      // Without a listener an error of one socket would end the process; its close follows by itself.
      client.on("error", (error) => log.debug({ err: error }, "socket failed"));
      heartbeat.watch(client);
      if (known !== null) return serve(client, known.view, known.user, handshake);
      signIn(client, handshake).catch((error: unknown) => {
        log.error({ err: error }, "socket could not be served");
        client.terminate();
      });
    });
  }

  /** Waits for the token of a client that could not send it with the request. */
  async function signIn(client: WebSocket, handshake: Handshake): Promise<void> {
    const user = await firstToken(client, { tokens: sessions, clock });
    if (user === null || !mayListen(user))
      return client.close(closeCodes.notSignedIn, "not signed in");
    const view = await viewOf(handshake.wanted);
    if (view === null) return client.close(closeCodes.notFound, "there is nothing to be seen");
    if (!view.isFor(user)) return client.close(closeCodes.notAllowed, "not for this user");
    serve(client, view, user, handshake);
  }

  function serve(client: WebSocket, view: View, user: SignedIn, { resume }: Handshake): void {
    if (client.readyState !== client.OPEN) return;
    const reader = new Reader(client, view, user, { stream, clock, log, limits });
    readers.set(client, reader);
    const signedOut = (): void => client.close(closeCodes.notSignedIn, "signed out");
    let forget = sessions.onEnded(user.session, signedOut);
    client.once("close", () => forget());
    laterTokens(
      client,
      { tokens: sessions, clock },
      (renewed) => {
        if (renewed === null || !mayListen(renewed))
          return client.close(closeCodes.notSignedIn, "the new token is no good");
        forget();
        forget = sessions.onEnded(renewed.session, signedOut);
        reader.renew(renewed);
      },
      (error) => log.error({ err: error }, "a new token could not be read"),
    );
    reader.begin(resume);
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
      heartbeat.stop();
      stream.stop();
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
