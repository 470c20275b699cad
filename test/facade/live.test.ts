import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asAgentId, asCallId } from "../../src/domain/ids.ts";
import type { Role } from "../../src/domain/user.ts";
import { closeCodes, protocolVersion, type Update } from "../../src/facade/contract/updates.ts";
import { tokenLifeMs } from "../../src/facade/http/token.ts";
import { createSockets, defaultLimits, type SocketLimits } from "../../src/facade/ws/sockets.ts";
import { type Harness, startHarness, type Who } from "./harness.ts";
import { Reader } from "./reader.ts";
import { Story } from "./story.ts";

let harness: Harness;
const ends: (() => Promise<void>)[] = [];
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await harness.stop();
});

async function reader(role: Role = "supervisor", more = ""): Promise<Reader> {
  return new Reader(harness, `?token=${await harness.tokenFor(role)}${more}`);
}

/** The sockets alone, on a port of their own, with other limits. */
async function openSockets(limits: Partial<SocketLimits>) {
  const server = createServer();
  const sockets = createSockets(harness.deps, harness.tokens, { ...defaultLimits, ...limits });
  server.on("upgrade", (request, socket, head) => sockets.upgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(async () => {
    await sockets.stop();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { base: `http://127.0.0.1:${port}`, token: await harness.tokenFor("supervisor") };
}

const aboutCalls = (updates: readonly Update[]): string[] =>
  updates.flatMap((update) =>
    update.type === "call:new" || update.type === "call:updated" || update.type === "call:ended"
      ? update.data.facts.map((fact) => `${update.data.call_id} ${fact}`)
      : [],
  );

describe("a hello", () => {
  it("says which protocol is spoken, to whom, for how long, and what follows", async () => {
    const listener = await reader("viewer");
    expect((await listener.first("hello")).data).toEqual({
      protocol: protocolVersion,
      username: "a-viewer",
      role: "viewer",
      expires_at: new Date(harness.now + tokenLifeMs).toISOString(),
      resumed: false,
    });
    await listener.close();
  });
});

describe("a reader that comes back", () => {
  it("is told what it has missed, each thing once, without a snapshot", async () => {
    const story = await new Story(harness, "CALL-00000001").until("queued");
    const before = await reader();
    await before.first("snapshot");
    await story.until("offered");
    await before.until(() => before.types.includes("call:updated"));
    await before.close();

    await story.until("connected");
    await harness.deps.setPresence(asAgentId("AGT-002"), { is: "paused", reason: "tea" });
    const after = await reader("supervisor", `&resume=${before.mark}`);
    await story.until("ended");
    await after.first("call:ended");
    expect((await after.first("hello")).data.resumed).toBe(true);
    expect(after.types).not.toContain("snapshot");
    expect(after.updates.map(({ seq }) => seq)).toEqual(after.updates.map((_, index) => index + 1));
    expect(aboutCalls([...before.updates, ...after.updates])).toEqual(
      ["offered", "offer_ended", "connected", "recording_started", "recording_ended", "ended"].map(
        (fact) => `${story.id} ${fact}`,
      ),
    );
    expect((await after.first("agent:status_changed")).data.reason).toBe("tea");
    await after.close();
  });

  it("is told nothing twice when it has missed nothing", async () => {
    const before = await reader();
    await before.first("snapshot");
    await new Story(harness, "CALL-00000001").until("queued");
    await before.first("call:routed");
    await before.close();
    const after = await reader("supervisor", `&resume=${before.mark}`);
    await after.first("hello");
    await new Story(harness, "CALL-00000002").next();
    await after.first("call:new");
    expect(after.types).toEqual(["hello", "call:new"]);
    await after.close();
  });

  it("begins anew when that was in another life of the server, is not kept any more, or is nonsense", async () => {
    const { base, token } = await openSockets({ mostKept: 2 });
    const before = new Reader({ base }, `?token=${token}`);
    await before.first("snapshot");
    await before.close();
    await new Story(harness, "CALL-00000001").until("queued");
    const elsewhere = await reader();
    await elsewhere.first("snapshot");
    for (const mark of [before.mark, elsewhere.mark, "nonsense", ""]) {
      const after = new Reader({ base }, `?token=${token}&resume=${mark}`);
      await after.first("snapshot");
      expect((await after.first("hello")).data.resumed).toBe(false);
      await after.close();
    }
    await elsewhere.close();
  });

  it("is told what its role may read, and no more", async () => {
    const viewer = await reader("viewer");
    await viewer.first("snapshot");
    await viewer.close();
    const story = await new Story(harness, "CALL-00000001").until("answered");
    await harness.request("POST", `/api/transcripts/${story.id}/messages`, {
      as: "agent",
      body: { speaker: "customer", content: "my PIN" },
    });
    await story.until("queued");
    const after = await reader("viewer", `&resume=${viewer.mark}`);
    await after.first("call:routed");
    expect(after.types).not.toContain("message:new");
    await after.close();
  });
});

describe("a token that ends", () => {
  const signedIn = new Map<string, Promise<Who>>();
  beforeEach(() => signedIn.clear());
  const short = async (username: string, role: Role, lastsMs: number): Promise<string> => {
    const from = harness.now - tokenLifeMs + lastsMs;
    // One session, whatever her token says that she may.
    const who = signedIn.get(username) ?? harness.signedIn(username, role);
    signedIn.set(username, who);
    return (await harness.tokens.issue({ ...(await who), role }, from)).token;
  };
  const auth = (token: string): string => JSON.stringify({ type: "auth", token });

  it("is renewed without a new connection", async () => {
    const listener = new Reader(harness, `?token=${await short("amina", "agent", 1_000)}`);
    await listener.first("snapshot");
    listener.socket.send(auth(await short("amina", "agent", 60_000)));
    expect((await listener.first("session:renewed")).data).toEqual({
      role: "agent",
      expires_at: new Date(harness.now + 60_000).toISOString(),
    });
    listener.socket.send(auth(await short("amina", "agent", 2_000)));
    // The first one would have ended the connection a second before.
    const renewedAt = performance.now();
    expect(await listener.closed).toBe(closeCodes.notSignedIn);
    expect(performance.now() - renewedAt).toBeGreaterThan(1_500);
    expect(listener.types.filter((type) => type === "session:renewed")).toHaveLength(2);
  });

  it("is not replaced by another user's, by one that may do less, or by none at all", async () => {
    for (const [username, role, code] of [
      ["brian", "agent", closeCodes.notAllowed],
      ["amina", "viewer", closeCodes.notAllowed],
      ["amina", "agent", null],
    ] as const) {
      const listener = new Reader(harness, `?token=${await short("amina", "agent", 60_000)}`);
      await listener.first("snapshot");
      listener.socket.send(auth(code === null ? "x.y.z" : await short(username, role, 60_000)));
      expect(await listener.closed).toBe(code ?? closeCodes.notSignedIn);
      expect(listener.types).not.toContain("session:renewed");
    }
  });

  it("is replaced by one that may do more, and more is told from then on", async () => {
    const listener = new Reader(harness, `?token=${await short("amina", "viewer", 60_000)}`);
    await listener.first("snapshot");
    listener.socket.send("what is this?");
    listener.socket.send(auth(await short("amina", "supervisor", 60_000)));
    await listener.first("session:renewed");
    const story = await new Story(harness, "CALL-00000001").until("answered");
    await harness.request("POST", `/api/transcripts/${story.id}/messages`, {
      as: "agent",
      body: { speaker: "agent", content: "Karibu" },
    });
    expect((await listener.first("message:new")).data.content).toBe("Karibu");
    await listener.close();
  });
});

describe("a slow reader", () => {
  const line = {
    seq: 1,
    key: "1",
    speaker: "bot",
    content: "x".repeat(5_000),
    language: null,
    at: 0,
    source: "menu",
  } as const;
  const logged = (message: string): boolean =>
    harness.logged.some((each) => each.message === message);
  const behind = "a reader is behind: it is told no more until it has taken this";

  /** Tells so much that a reader which takes nothing falls behind; what the network takes comes on top. */
  async function flood(story: Story): Promise<number> {
    let published = 0;
    while (!logged(behind) && published < 20_000) {
      harness.deps.board.publish({
        type: "transcript",
        call: story.id,
        line: { ...line, call: story.id },
        at: 0,
      });
      published += 1;
      if (published % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(logged(behind)).toBe(true);
    return published;
  }

  it("gets a new snapshot when it has taken what it was sent, and the server keeps nothing meanwhile", async () => {
    const slow = await reader();
    await slow.first("snapshot");
    slow.socket.pause();
    const story = await new Story(harness, "CALL-00000001").until("answered");
    const flooded = await flood(story);
    // What happens from here on is not kept for it.
    for (let count = 0; count < 5_000; count += 1) {
      const more = { ...line, call: story.id };
      harness.deps.board.publish({ type: "transcript", call: story.id, line: more, at: 0 });
    }
    await story.until("connected");
    slow.socket.resume();
    const isSecond = () => slow.types.filter((type) => type === "snapshot").length === 2;
    await slow.until(isSecond);
    const told = slow.types.filter((type) => type === "message:new").length;
    expect(told).toBeLessThanOrEqual(flooded);
    const last = slow.updates.at(-1);
    expect(last?.type === "snapshot" && last.data.calls.map(({ status }) => status)).toEqual([
      "in_progress",
    ]);
    // From there it goes on as for everybody, numbered without a gap.
    await story.until("ended");
    await slow.first("call:ended");
    expect(slow.updates.map(({ seq }) => seq)).toEqual(slow.updates.map((_, index) => index + 1));
    await slow.close();
  });

  it("is nobody who is only given much to begin with", async () => {
    const { state } = await new Story(harness, "CALL-00000001").until("queued");
    vi.spyOn(harness.deps.desk, "liveCalls").mockResolvedValue(
      Array.from({ length: 15_000 }, (_, index) => ({
        state: { ...state, id: asCallId(`CALL-1${index}`) },
        owner: "test",
      })),
    );
    const listener = await reader();
    await listener.first("snapshot");
    await new Story(harness, "CALL-00000002").until("answered");
    await listener.first("call:updated");
    expect(listener.types).toEqual(["hello", "snapshot", "call:new", "call:updated"]);
    await listener.close();
  });

  it("is dropped when it takes nothing at all", async () => {
    const { base, token } = await openSockets({ drainWithinMs: 200 });
    const slow = new Reader({ base }, `?token=${token}`);
    await slow.first("snapshot");
    slow.socket.pause();
    await flood(await new Story(harness, "CALL-00000001").until("answered"));
    await expect.poll(() => logged("slow reader closed")).toBe(true);
    slow.socket.resume();
    expect(await slow.closed).toBe(closeCodes.slowReader);
  });
});

describe("when something was missed", () => {
  it("every reader gets a new snapshot, read once, and nobody goes on from before", async () => {
    const reads = vi.spyOn(harness.deps.desk, "snapshot");
    const readers = [await reader(), await reader("viewer"), await reader("agent")];
    await Promise.all(readers.map((each) => each.first("snapshot")));
    const mark = readers[0]?.mark;
    reads.mockClear();
    harness.deps.board.hear({ type: "missed", at: harness.now });
    await Promise.all(
      readers.map((each) =>
        each.until(() => each.types.filter((type) => type === "snapshot").length === 2),
      ),
    );
    expect(reads).toHaveBeenCalledTimes(1);
    const again = await reader("viewer", `&resume=${mark}`);
    await again.first("snapshot");
    await Promise.all([again, ...readers].map((each) => each.close()));
  });
});
