import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a port that can be cut, and barred, without a word to either side. */
export interface Proxy {
  readonly port: number;
  cut(): void;
  bar(barred: boolean): void;
  /** While it swallows, no byte goes either way; what was swallowed never comes, and its connection is dead for good. */
  swallow(swallowing: boolean): void;
  stop(): Promise<void>;
}

export async function startProxy(host: string, target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let barred = false;
  let swallowing = false;
  const server = createServer((near) => {
    if (barred) {
      near.destroy();
      return;
    }
    const far = connect(target, host);
    let dead = false;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => {
        dead ||= swallowing;
        if (!dead) to.write(bytes);
      });
      from.on("end", () => {
        if (!dead) to.end();
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        if (!dead) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    bar: (value) => {
      barred = value;
    },
    swallow: (value) => {
      swallowing = value;
    },
    stop: async () => {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
