import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a port of this machine that can be cut, closed, or made to swallow everything without a word. */
export interface Path {
  readonly port: number;
  /** Ends every connection with a reset. */
  cut(): void;
  /** Refuses new connections, or takes them again. */
  close(closed: boolean): void;
  /** Connections stay, and new ones come up, but nothing goes through; what was said comes late. */
  swallow(swallowing: boolean): void;
  stop(): Promise<void>;
}

export async function openPath(target: number): Promise<Path> {
  const pairs = new Map<Socket, Socket>();
  let closed = false;
  let swallowing = false;
  const server = createServer((near) => {
    if (closed) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      pairs.set(from, to);
      if (!swallowing) from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        pairs.delete(from);
        // In a black hole not even the end of a connection is heard of.
        if (!swallowing) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of pairs.keys()) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    close: (value) => {
      closed = value;
    },
    swallow: (value) => {
      swallowing = value;
      for (const [from, to] of pairs) {
        if (value) {
          from.unpipe(to);
          from.pause();
        } else if (to.destroyed) from.destroy();
        else from.pipe(to);
      }
    },
    stop: async () => {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
