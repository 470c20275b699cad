import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A way to Redis that a test can cut, block and open again, without a Redis of its own. */
export interface Proxy {
  readonly url: string;
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Keeps every connection open and lets nothing through. */
  block(): void;
  /** Lets everything through again. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export async function openProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let blocked = false;
  const server = createServer((near) => {
    const far = connect(Number(port || 6379), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (data) => {
        if (!blocked) to.write(data);
      });
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      // A cut connection is what this proxy is for.
      from.on("error", () => to.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const cut = async (): Promise<void> => {
    const closed = server.listening ? once(server, "close") : Promise.resolve();
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  // The same user, password and database, by the other way.
  const through = new URL(target);
  through.host = `127.0.0.1:${address.port}`;
  return {
    url: through.href,
    cut,
    block: () => {
      blocked = true;
    },
    restore: async () => {
      blocked = false;
      if (server.listening) return;
      server.listen(address.port, "127.0.0.1");
      await once(server, "listening");
    },
    close: cut,
  };
}
