import { setImmediate } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import { asAgentId, asCallId } from "../../src/domain/ids.ts";
import { openBoard } from "../../src/flows/board.ts";
import type { Board, BoardEvent, Origin } from "../../src/ports/board.ts";
import type { Log } from "../../src/ports/log.ts";
import { openBridge } from "../../src/redis/bridge.ts";
import { openProxy } from "../desk/proxy.ts";
import { freshPrefix, listeningLog, redisUrl } from "../desk/redis-server.ts";
import { type Harness, startHarness } from "../facade/harness.ts";
import { Reader } from "../facade/reader.ts";
import { Story } from "../facade/story.ts";
import { quietLog } from "../telephony/log.ts";

const clock = { now: () => 1_000, sleep: () => Promise.reject(new Error("nobody sleeps here")) };
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function bridged(
  prefix: string,
  owner: string,
  board: Board,
  url = redisUrl ?? "",
  log: Log = quietLog,
) {
  const bridge = openBridge({ url, prefix, owner, board, clock, log });
  ends.push(() => bridge.stop());
  await bridge.start();
}

/** One process: its board, and what is told on it. */
async function openProcess(prefix: string, owner: string, url?: string) {
  const board = openBoard(quietLog);
  const told: { event: BoardEvent; origin: Origin }[] = [];
  board.subscribe((event, origin) => told.push({ event, origin }));
  await bridged(prefix, owner, board, url);
  const lines = () =>
    told.flatMap(({ event, origin }) =>
      event.type === "transcript" ? [`${origin} ${event.line.content}`] : [],
    );
  const missed = () => told.filter(({ event }) => event.type === "missed").length;
  return { board, told, lines, missed };
}

const call = asCallId("CALL-00000001");
const said = (content: string): BoardEvent => ({
  type: "transcript",
  call,
  line: {
    call,
    seq: 1,
    key: "1",
    speaker: "agent",
    content,
    language: null,
    at: 1,
    source: "api",
  },
  at: 1,
});

describe.skipIf(redisUrl === null)("the boards of several processes", () => {
  it("tell each other what happens, in order, and themselves nothing twice", async () => {
    const prefix = freshPrefix();
    const [one, two] = [await openProcess(prefix, "one/1"), await openProcess(prefix, "two/1")];
    const other = await openProcess(freshPrefix(), "three/1");
    const words = Array.from({ length: 250 }, (_, index) => `word ${index}`);
    for (const word of words) one.board.publish(said(word));
    two.board.publish(said("answer"));
    await expect.poll(() => two.lines().length).toBe(251);
    await expect.poll(() => one.lines()).toContain("elsewhere answer");
    expect(two.lines().filter((line) => line.startsWith("elsewhere"))).toEqual(
      words.map((word) => `elsewhere ${word}`),
    );
    expect(one.lines()).toHaveLength(251);
    expect(two.told.find(({ origin }) => origin === "elsewhere")?.event).toEqual(said("word 0"));
    expect(other.told).toEqual([]);
  });

  it("say nothing while no other is there", async () => {
    const prefix = freshPrefix();
    const watching = await new Redis(redisUrl ?? "").monitor();
    ends.push(() => Promise.resolve(watching.disconnect()));
    const published: string[] = [];
    watching.on("monitor", (_time: string, [command, channel, text]: string[]) => {
      if (command?.toLowerCase() === "publish" && channel?.includes(prefix) === true)
        published.push(text ?? "");
    });
    const one = await openProcess(prefix, "one/1");
    one.board.publish(said("to nobody"));
    await setImmediate();
    await setImmediate();
    const two = await openProcess(prefix, "two/1");
    one.board.publish(said("to you"));
    await expect.poll(() => two.lines()).toEqual(["elsewhere to you"]);
    await expect.poll(() => published.join()).toContain("to you");
    expect(published.join()).not.toContain("to nobody");
  });

  it("say again that somebody is there when the only other one has gone and another comes", async () => {
    const prefix = freshPrefix();
    const one = await openProcess(prefix, "one/1");
    await openProcess(prefix, "two/1");
    await ends.pop()?.();
    one.board.publish(said("to nobody, as it turns out"));
    const three = await openProcess(prefix, "three/1");
    one.board.publish(said("welcome"));
    await expect.poll(() => three.lines()).toContain("elsewhere welcome");
  });

  it("keep to themselves what each process knows by itself", async () => {
    const prefix = freshPrefix();
    const [one, two] = [await openProcess(prefix, "one/1"), await openProcess(prefix, "two/1")];
    one.board.publish({
      type: "health",
      part: "store",
      health: { state: "down", since: 1 },
      at: 1,
    });
    one.board.publish(said("after it"));
    await expect.poll(() => two.lines()).toEqual(["elsewhere after it"]);
    expect(two.told).toHaveLength(1);
  });

  it("go on alone while Redis is away, and know when it is back that something was missed", async () => {
    const prefix = freshPrefix();
    const proxy = await openProxy(redisUrl ?? "");
    ends.push(() => proxy.close());
    const [one, two] = [
      await openProcess(prefix, "one/1", proxy.url),
      await openProcess(prefix, "two/1"),
    ];
    one.board.publish(said("before"));
    await expect.poll(() => two.lines()).toEqual(["elsewhere before"]);
    await proxy.cut();
    one.board.publish(said("alone"));
    two.board.publish(said("unheard"));
    expect(one.lines()).toEqual(["here before", "here alone"]);
    await proxy.restore();
    await expect.poll(() => [one.missed() > 0, two.missed() > 0]).toEqual([true, true]);
    one.board.publish(said("back"));
    await expect.poll(() => two.lines()).toContain("elsewhere back");
    two.board.publish(said("good"));
    await expect.poll(() => one.lines()).toContain("elsewhere good");
  });

  it("find out that a connection swallows everything", async () => {
    const prefix = freshPrefix();
    const proxy = await openProxy(redisUrl ?? "");
    ends.push(() => proxy.close());
    const log = listeningLog();
    const board = openBoard(quietLog);
    let missed = 0;
    board.subscribe(({ type }) => {
      if (type === "missed") missed += 1;
    });
    await bridged(prefix, "one/1", board, proxy.url, log);
    proxy.block();
    await expect.poll(() => log.lines, { timeout: 10_000 }).toContain("redis connection lost");
    await proxy.restore();
    await expect.poll(() => missed, { timeout: 10_000 }).toBeGreaterThan(0);
  }, 30_000);
});

describe.skipIf(redisUrl === null)("the dashboards of two processes", () => {
  const openFacade = async (prefix: string, owner: string, url?: string): Promise<Harness> => {
    const harness = await startHarness();
    ends.push(() => harness.stop());
    await bridged(prefix, owner, harness.deps.board, url);
    return harness;
  };
  const readerOf = async (harness: Harness): Promise<Reader> => {
    const reader = new Reader(harness, `?token=${await harness.tokenFor("supervisor")}`);
    await reader.first("snapshot");
    return reader;
  };

  it("show the calls of both, each agent once, and begin anew after an outage of Redis", async () => {
    const prefix = freshPrefix();
    const proxy = await openProxy(redisUrl ?? "");
    ends.push(() => proxy.close());
    const one = await openFacade(prefix, "one/1", proxy.url);
    const two = await openFacade(prefix, "two/1");
    const readers = [await readerOf(one), await readerOf(two)];
    await new Story(one, "CALL-00000001").until("ended");
    await new Story(two, "CALL-00000002").until("ended");
    await one.deps.setPresence(asAgentId("AGT-001"), { is: "paused", reason: "tea" });
    for (const reader of readers) {
      await reader.until(() => reader.types.filter((type) => type === "call:ended").length === 2);
      expect(reader.types.filter((type) => type === "call:new")).toHaveLength(2);
      expect(reader.updates.map(({ seq }) => seq)).toEqual(
        reader.updates.map((_, index) => index + 1),
      );
    }
    await readers[0]?.first("agent:status_changed");
    expect(readers[1]?.types).not.toContain("agent:status_changed");

    await proxy.cut();
    await new Story(one, "CALL-00000003").until("queued");
    await readers[0]?.until(
      () =>
        readers[0]?.updates.some(({ data }) => JSON.stringify(data).includes("00000003")) === true,
    );
    await proxy.restore();
    for (const reader of readers)
      await reader.until(() => reader.types.filter((type) => type === "snapshot").length > 1);
    await Promise.all(readers.map((reader) => reader.close()));
  });
});
