import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { asAgentId } from "../../src/domain/ids.ts";
import type { Call } from "../../src/facade/contract/call.ts";
import { closeCodes } from "../../src/facade/contract/updates.ts";
import { tokenLifeMs } from "../../src/facade/http/token.ts";
import { createSockets, defaultLimits } from "../../src/facade/ws/sockets.ts";
import { type Harness, startHarness } from "./harness.ts";
import { Reader } from "./reader.ts";
import { Story, wholeCall } from "./story.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.stop());

async function reader(role: "viewer" | "agent" | "supervisor" = "supervisor"): Promise<Reader> {
  return new Reader(harness, `?token=${await harness.tokenFor(role)}`);
}

describe("who may listen", () => {
  it("shows the token in the address, a header or the first message", async () => {
    const token = await harness.tokenFor("viewer");
    const inAddress = new Reader(harness, `?token=${token}`);
    const inHeader = new Reader(harness, "", { headers: { Authorization: `Bearer ${token}` } });
    const inMessage = new Reader(harness, "");
    inMessage.socket.once("open", () =>
      inMessage.socket.send(JSON.stringify({ type: "auth", token })),
    );
    for (const each of [inAddress, inHeader, inMessage]) {
      expect(await each.first("hello")).toMatchObject({ seq: 1, data: { role: "viewer" } });
      expect((await each.first("snapshot")).seq).toBe(2);
      await each.close();
    }
  });

  it("is refused with a bad token, from another origin, on another path", async () => {
    const token = await harness.tokenFor("viewer");
    expect(await new Reader(harness, "?token=x.y.z").refused).toBe(401);
    const origin = "https://evil.test";
    expect(await new Reader(harness, `?token=${token}`, { origin }).refused).toBe(403);
    expect(await new Reader(harness, `?token=${token}`, { path: "/ws/other" }).refused).toBe(404);
    expect(await new Reader(harness, `?token=${token}`, { origin: "null" }).refused).toBe(403);
    // Our own pages, and those of an address that the configuration names.
    for (const known of [harness.base, "https://crm.test"]) {
      const own = new Reader(harness, `?token=${token}`, { origin: known });
      await own.first("hello");
      await own.close();
    }
  });

  it("is told nothing before the first message, and closed when that is no good", async () => {
    await new Story(harness, "CALL-00000001").until("queued");
    for (const message of ["hello", "{}", JSON.stringify({ type: "auth", token: "x.y.z" })]) {
      const stranger = new Reader(harness, "");
      stranger.socket.once("open", () => stranger.socket.send(message));
      expect(await stranger.closed).toBe(closeCodes.notSignedIn);
      expect(stranger.updates).toEqual([]);
    }
  });

  it("ends with the token", async () => {
    const { token } = await harness.tokens.issue(
      await harness.signedIn("late", "viewer"),
      harness.now - tokenLifeMs + 1_000,
    );
    const late = new Reader(harness, `?token=${token}`);
    await late.first("snapshot");
    expect(await late.closed).toBe(closeCodes.notSignedIn);
  });

  it("may not send more than a token needs", async () => {
    const loud = await reader();
    await loud.first("snapshot");
    loud.socket.send("x".repeat(65 * 1024));
    expect(await loud.closed).toBe(closeCodes.tooBig);
  });
});

describe("what is told", () => {
  it("is every event under the names that clients know", async () => {
    const listener = await reader();
    await listener.first("snapshot");
    const story = new Story(harness, "CALL-00000001");
    await story.until("ended");
    await harness.deps.setPresence(asAgentId("AGT-002"), { is: "paused", reason: "tea" });
    await harness.request("POST", `/api/transcripts/${story.id}/messages`, {
      as: "agent",
      body: { speaker: "agent", content: "Asante" },
    });
    const opened = await harness.request("POST", "/api/tickets", {
      as: "agent",
      body: { customer_name: "John Doe", customer_phone: "1001", subject: "Help" },
    });
    const { ticket_id } = (await opened.json()) as { ticket_id: string };
    await harness.request("PATCH", `/api/tickets/${ticket_id}?status=closed`, { as: "agent" });
    await listener.first("ticket:updated");

    expect((await listener.first("call:new")).data).toMatchObject({
      call_id: story.id,
      customer_name: "John Doe",
      phone_number: "+254711000001",
    });
    expect((await listener.first("call:routed")).data).toMatchObject({
      call_id: story.id,
      department: "support",
    });
    expect((await listener.first("call:ended")).data).toMatchObject({
      call_id: story.id,
      duration: wholeCall.length - 1,
    });
    const statuses = listener.updates
      .filter((update) => update.type === "call:updated")
      .map(({ data }) => data.status);
    expect([...new Set(statuses)]).toEqual([
      "initiated",
      "menu",
      "queued",
      "ringing",
      "in_progress",
    ]);
    expect((await listener.first("agent:status_changed")).data).toMatchObject({
      agent_id: "AGT-002",
      name: "Brian Kiprotich",
      status: "on_break",
    });
    expect((await listener.first("message:new")).data).toMatchObject({
      call_id: story.id,
      speaker: "agent",
      content: "Asante",
    });
    expect((await listener.first("ticket:created")).data).toMatchObject({
      ticket_id,
      customer_name: "John Doe",
    });
    expect((await listener.first("ticket:updated")).data).toMatchObject({
      ticket_id,
      status: "closed",
    });
    expect(listener.updates.map(({ seq }) => seq)).toEqual(
      listener.updates.map((_, index) => index + 1),
    );
    // A key that a caller pressed may be a secret: that one was pressed is told, not which.
    expect(JSON.stringify(listener.updates)).not.toContain('"key"');
    await listener.close();
  });

  it("is how the parts are: all of them in the snapshot, then each change", async () => {
    harness.away.store = "down";
    const listener = await reader("viewer");
    expect((await listener.first("snapshot")).data.parts).toMatchObject({
      asterisk: { state: "up" },
      store: { state: "down" },
    });
    const at = harness.now;
    harness.deps.board.publish({
      type: "health",
      part: "asterisk",
      health: { state: "down", since: at },
      at,
    });
    expect((await listener.first("system:health")).data).toEqual({
      part: "asterisk",
      state: "down",
      since: new Date(at).toISOString(),
    });
    await listener.close();
  });

  it("keeps what people said from viewers", async () => {
    const [viewer, agent] = [await reader("viewer"), await reader("agent")];
    await Promise.all([viewer.first("snapshot"), agent.first("snapshot")]);
    const story = await new Story(harness, "CALL-00000001").until("answered");
    await harness.request("POST", `/api/transcripts/${story.id}/messages`, {
      as: "agent",
      body: { speaker: "customer", content: "my PIN" },
    });
    await story.until("ended");
    await Promise.all([viewer.first("call:ended"), agent.first("call:ended")]);
    expect(agent.updates.map(({ type }) => type)).toContain("message:new");
    expect(viewer.updates.map(({ type }) => type)).not.toContain("message:new");
    expect(viewer.updates.map(({ seq }) => seq)).toEqual(
      viewer.updates.map((_, index) => index + 1),
    );
    await Promise.all([viewer.close(), agent.close()]);
  });

  it("begins with all that is live", async () => {
    const call = await new Story(harness, "CALL-00000001").until("connected");
    await new Story(harness, "CALL-00000002").until("ended");
    await harness.request("POST", "/api/tickets", {
      as: "agent",
      body: { customer_name: "J", customer_phone: "1001", subject: "Open" },
    });
    const listener = await reader();
    const { data } = await listener.first("snapshot");
    expect(data.calls.map(({ call_id, status }) => [call_id, status])).toEqual([
      [call.id, "in_progress"],
    ]);
    expect(data.agents.map(({ agent_id }) => agent_id)).toEqual(["AGT-001", "AGT-002", "AGT-003"]);
    expect(data.queues).toEqual([
      { queue: "support", title: "Support", weight: 0, waiting: 0 },
      { queue: "complaints", title: "Complaints", weight: 1, waiting: 0 },
    ]);
    expect(data.tickets).toHaveLength(1);
    await listener.close();
  });
});

describe("snapshot and events", () => {
  it("fit together for readers that come while calls begin, change and end", async () => {
    const stories = Array.from(
      { length: 60 },
      (_, index) => new Story(harness, `CALL-${String(index).padStart(8, "0")}`),
    );
    const final = wholeCall.length - 2; // The last stories stop while they talk.
    const readers: Reader[] = [];
    const lastOnes = stories.slice(-5);
    let chance = 7;
    const roll = (sides: number): number => {
      chance = (chance * 48_271) % 2_147_483_647;
      return chance % sides;
    };
    const tell = async (story: Story): Promise<void> => {
      const stop = lastOnes.includes(story) ? final : wholeCall.length;
      for (let fact = 0; fact < stop; fact += 1) {
        story.publishNext();
        // The desk hears of it later than the board, as in the server.
        for (let turns = roll(4); turns > 0; turns -= 1) await setImmediate();
        await story.save();
        await harness.deps.setPresence(
          asAgentId(`AGT-00${1 + roll(3)}`),
          roll(2) === 0 ? { is: "available" } : { is: "paused", reason: `break ${roll(1000)}` },
        );
      }
    };
    const come = async (): Promise<void> => {
      for (let count = 0; count < 40; count += 1) {
        const next = await reader();
        readers.push(next);
        await next.first("hello");
        for (let turns = roll(30); turns > 0; turns -= 1) await setImmediate();
      }
    };
    await Promise.all([...stories.map(tell), come()]);
    await harness.deps.setPresence(asAgentId("AGT-001"), { is: "paused", reason: "the end" });

    const isLast = (each: Reader) =>
      each.updates.some(({ data }) => JSON.stringify(data).includes("the end"));
    await Promise.all(readers.map((each) => each.until(() => isLast(each))));
    const agents = await harness.deps.desk.agents();
    const order = wholeCall.map(({ type }) => type);
    let afterSnapshot = 0;
    for (const each of readers) {
      expect(each.updates.map(({ seq }) => seq)).toEqual(each.updates.map((_, index) => index + 1));
      expect(each.updates.slice(0, 2).map(({ type }) => type)).toEqual(["hello", "snapshot"]);
      const calls = new Map<string, Call>();
      const facts = new Map<string, string[]>();
      const reasons = new Map<string, string | null>();
      for (const update of each.updates) {
        if (update.type === "snapshot") {
          for (const call of update.data.calls) calls.set(call.call_id, call);
          for (const agent of update.data.agents) reasons.set(agent.agent_id, agent.reason);
        } else if (update.type === "agent:status_changed") {
          reasons.set(update.data.agent_id, update.data.reason);
        } else if (update.type === "call:ended") {
          calls.delete(update.data.call_id);
          const { facts: told } = update.data;
          facts.set(update.data.call_id, [...(facts.get(update.data.call_id) ?? []), ...told]);
        } else if (update.type === "call:new" || update.type === "call:updated") {
          const { fact: _fact, facts: told, ...call } = update.data;
          calls.set(call.call_id, call);
          facts.set(call.call_id, [...(facts.get(call.call_id) ?? []), ...told]);
          afterSnapshot += 1;
        }
      }
      // What the reader makes of it is what is.
      expect([...calls.keys()].sort()).toEqual(lastOnes.map(({ id }) => id));
      expect([...calls.values()].map(({ status }) => status)).toEqual(
        lastOnes.map(() => "in_progress"),
      );
      for (const agent of agents) {
        const { presence } = agent;
        expect(reasons.get(agent.id)).toBe(presence.is === "paused" ? presence.reason : null);
      }
      // Of each call it was told a run of facts that has no gap and no double and goes to the end.
      for (const [id, told] of facts) {
        const end = lastOnes.some((story) => story.id === id) ? final : order.length;
        expect(told).toEqual(order.slice(end - told.length, end));
      }
    }
    expect(afterSnapshot).toBeGreaterThan(100);
    await Promise.all(readers.map((each) => each.close()));
  });

  it("do not lack what the board told a moment before the reader came", async () => {
    const story = await new Story(harness, "CALL-00000001").until("queued");
    const old = await new Story(harness, "CALL-00000003").until("recording_ended");
    story.publishNext(); // Offered: on the board, not yet on the desk.
    old.publishNext(); // Ended, and the desk still has it.
    new Story(harness, "CALL-00000002").publishNext(); // Begun, and the desk has not heard of it.
    const listener = await reader();
    const { data } = await listener.first("snapshot");
    expect(data.calls.map(({ call_id, status }) => `${call_id} ${status}`).sort()).toEqual([
      "CALL-00000001 ringing",
      "CALL-00000002 initiated",
    ]);
    await listener.close();
  });
});

describe("a bad line", () => {
  it("is cut when nobody answers at its other end", async () => {
    const server = createServer();
    const limits = { ...defaultLimits, pingAfterMs: 20, silentForMs: 20 };
    const sockets = createSockets(harness.deps, harness.tokens, limits);
    server.on("upgrade", (request, socket, head) => sockets.upgrade(request, socket, head));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const open = async (autoPong: boolean) => {
      const token = await harness.tokenFor("viewer");
      const address = `ws://127.0.0.1:${port}/ws/updates?token=${token}`;
      const socket = new WebSocket(address, { autoPong });
      const closed = new Promise<number>((resolve) => socket.once("close", resolve));
      return { socket, closed };
    };
    const alive = await open(true);
    const dead = await open(false);
    expect(await dead.closed).toBe(1006);
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
    await sockets.stop();
    expect(await alive.closed).toBe(closeCodes.goingAway);
    await new Promise((resolve) => server.close(resolve));
  });

  it("gets a goodbye when the server stops", async () => {
    const other = await startHarness();
    const listener = new Reader(other, `?token=${await other.tokenFor("viewer")}`);
    await listener.first("snapshot");
    await other.stop();
    expect(await listener.closed).toBe(closeCodes.goingAway);
  });

  it("is closed with a word when the live state cannot be read", async () => {
    const { desk } = harness.deps;
    const snapshot = () => Promise.reject(new Error("redis is away"));
    const broken = await startHarness({ desk: { ...desk, snapshot } });
    const listener = new Reader(broken, `?token=${await broken.tokenFor("viewer")}`);
    expect(await listener.closed).toBe(closeCodes.slowReader);
    await broken.stop();
  });
});
