import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startHarness } from "../facade/harness.ts";
import { Story } from "../facade/story.ts";

/**
 * What `bench -- api` asks, in a process of its own: Kituo's API over a desk with live calls, or, `bare`, a server of
 * `node:http` that answers every request with the very bytes that Kituo gave. Tells its parent where it listens.
 */
const liveCalls = 20;

interface Told {
  readonly bare: boolean;
  /** What the bare one answers. */
  readonly body: string;
}

async function serve({ bare, body }: Told): Promise<{ port: number; token: string }> {
  if (bare) {
    const headers = {
      "Content-Type": "application/json; charset=utf-8",
      "Content-Length": Buffer.byteLength(body),
    };
    const server = createServer((_request, response) => {
      response.writeHead(200, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { port: (server.address() as AddressInfo).port, token: "none" };
  }
  const harness = await startHarness();
  for (let index = 0; index < liveCalls; index += 1)
    await new Story(harness, `CALL-${String(index).padStart(8, "0")}`).until("connected");
  return { port: Number(new URL(harness.base).port), token: await harness.tokenFor("supervisor") };
}

process.once("message", (told: Told) => {
  void serve(told).then((listens) => process.send?.(listens));
});
// Its parent is gone: nobody asks any more.
process.once("disconnect", () => process.exit(0));
