import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createSockets } from "../ws/sockets.ts";
import type { FacadeDeps } from "./deps.ts";
import { createHandlers } from "./handlers.ts";
import { createRouter } from "./router.ts";
import { createTokens } from "./token.ts";

/** How long requests under way may take when the server stops. */
const graceMs = 2_000;

/** The public side of Kituo: the API, the WebSocket and the pages, on one port. Rejects when the port is taken. */
export async function startFacade(
  deps: FacadeDeps,
  at: { readonly host: string; readonly port: number },
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const tokens = createTokens(deps.tokenSecret);
  const handlers = await createHandlers(deps, tokens);
  const log = deps.log.child({ part: "http" });
  const app = createRouter({ handlers, tokens, clock: deps.clock, log });
  const sockets = createSockets(deps, tokens);

  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 },
    app,
  );
  server.on("upgrade", (request, socket, head) => sockets.upgrade(request, socket, head));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(at.port, at.host, () => {
      server.off("error", reject);
      resolve();
    });
  }).catch(async (error: unknown) => {
    await sockets.stop();
    throw error;
  });
  const { port } = server.address() as AddressInfo;
  log.info({ port }, "facade listening");

  return {
    port,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await sockets.stop();
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
