import { createSockets } from "../ws/sockets.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Door } from "./door.ts";
import { createHandlers } from "./handlers.ts";
import { tellOutside } from "./happenings.ts";
import { createRouter } from "./router.ts";
import { createSessions } from "./sessions.ts";
import { createTokens } from "./token.ts";

/** The public side of Kituo: the API, the WebSocket and the pages, behind one door. */
export async function startFacade(
  deps: FacadeDeps,
  door: Door,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const tokens = createSessions(deps, createTokens(deps.tokenSecret), deps.access.tokenMs);
  const handlers = await createHandlers(deps, tokens);
  const log = deps.log.child({ part: "http" });
  const app = createRouter({ handlers, tokens, clock: deps.clock, log, store: deps.store });
  const sockets = createSockets(deps, tokens);
  const tellNobody = tellOutside(deps);
  door.open({
    request: app,
    upgrade: (request, socket, head) => sockets.upgrade(request, socket, head),
  });
  log.info({ port: door.port }, "facade listening");

  return {
    port: door.port,
    async stop() {
      const closed = door.close();
      tellNobody();
      await sockets.stop();
      await closed;
      tokens.stop();
    },
  };
}
