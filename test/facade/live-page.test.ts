import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Harness, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

/** What the page makes of the live socket. */
interface State {
  readonly calls: ReadonlyMap<string, { readonly status: string }>;
  readonly ended: readonly { readonly call_id: string }[];
  readonly agents: ReadonlyMap<string, unknown>;
}
interface Page {
  readonly follow: (
    token: string,
    on: { onState: (state: State) => void; onLink: (link: string) => void },
  ) => () => void;
}

const page = new URL("../../src/web/live.js", import.meta.url).href;

/** The sockets of the page, so that a test can cut one; each keeps the types that came. */
const opened: { readonly socket: WebSocket; readonly types: string[] }[] = [];
class WatchedSocket extends WebSocket {
  constructor(address: string) {
    super(address);
    const types: string[] = [];
    this.addEventListener("message", ({ data }) => types.push(JSON.parse(String(data)).type));
    opened.push({ socket: this, types });
  }
}

let harness: Harness;
let follow: Page["follow"];
let stop: () => void = () => undefined;
beforeEach(async () => {
  harness = await startHarness();
  opened.length = 0;
  const nobody = { addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("location", new URL(harness.base));
  vi.stubGlobal("document", nobody);
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("removeEventListener", () => undefined);
  vi.stubGlobal("WebSocket", WatchedSocket);
  ({ follow } = (await import(page)) as Page);
});
afterEach(async () => {
  stop();
  vi.unstubAllGlobals();
  await harness.stop();
});

describe("the page's reader of the live socket", () => {
  it("shows what is there and what happens, and goes on where it was when the line was cut", async () => {
    const first = await new Story(harness, "CALL-00000001").until("queued");
    const links: string[] = [];
    let state: State = { calls: new Map(), ended: [], agents: new Map() };
    stop = follow(await harness.tokenFor("supervisor"), {
      onState: (next) => {
        state = next;
      },
      onLink: (link) => links.push(link),
    });
    await expect.poll(() => state.calls.get(first.id)?.status).toBe("queued");
    expect(state.agents.size).toBe(3);
    await first.until("connected");
    await expect.poll(() => state.calls.get(first.id)?.status).toBe("in_progress");

    opened[0]?.socket.close();
    await expect.poll(() => links).toContain("lost");
    await first.until("ended");
    const second = await new Story(harness, "CALL-00000002").until("queued");
    await expect.poll(() => state.calls.get(second.id)?.status).toBe("queued");
    expect(links).toEqual(["connecting", "live", "lost", "connecting", "live"]);
    expect([...state.calls.keys()]).toEqual([second.id]);
    // A snapshot would not have told how the first call ended.
    expect(state.ended.map(({ call_id }) => call_id)).toEqual([first.id]);
    expect(opened[1]?.types).not.toContain("snapshot");
  });

  it("begins anew when the server does not know any more where it was", async () => {
    let state: State = { calls: new Map(), ended: [], agents: new Map() };
    stop = follow(await harness.tokenFor("viewer"), {
      onState: (next) => {
        state = next;
      },
      onLink: () => undefined,
    });
    const story = await new Story(harness, "CALL-00000001").until("queued");
    await expect.poll(() => state.calls.has(story.id)).toBe(true);
    opened[0]?.socket.close();
    harness.deps.board.hear({ type: "missed", at: harness.now });
    await expect.poll(() => opened[1]?.types.slice(0, 2)).toEqual(["hello", "snapshot"]);
    expect(state.calls.has(story.id)).toBe(true);
  });
});
