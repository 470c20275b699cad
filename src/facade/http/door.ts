import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Sockets } from "../ws/sockets.ts";

/** How long requests under way may take when the door is closed. */
const graceMs = 2_000;

/** Who answers whoever comes in. */
interface Inside {
  readonly request: RequestListener;
  readonly upgrade: Sockets["upgrade"];
}

/** The port of the facade, which can be bound before the facade is there. */
export interface Door {
  readonly port: number;
  /** Lets those in who wait, and all who come. */
  open(inside: Inside): void;
  /** Lets nobody in any more; settles when the last request is answered, or has taken too long. */
  close(): Promise<void>;
}

/**
 * Binds the port. Whoever comes before there is somebody to answer waits: while a server starts, that is a moment.
 * Rejects when the port is taken.
 */
export async function bindDoor(at: {
  readonly host: string;
  readonly port: number;
}): Promise<Door> {
  const { promise: inside, resolve: open } = Promise.withResolvers<Inside>();
  // Imported as a module, all of it would be loaded, HTTP/2 and the client of `fetch` too, while callers wait.
  const { createServer } = process.getBuiltinModule("node:http");
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 },
    (request, response) => void inside.then((there) => there.request(request, response)),
  );
  server.on("upgrade", (request, socket, head) => {
    // Until somebody takes the socket, nobody else listens for its errors.
    const drop = (): void => void socket.destroy();
    socket.on("error", drop);
    void inside.then((there) => {
      socket.off("error", drop);
      if (!socket.destroyed) there.upgrade(request, socket, head);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(at.port, at.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    open,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
