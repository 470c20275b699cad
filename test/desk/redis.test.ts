import { afterAll, afterEach, describe, expect, it } from "vitest";
import { openRedisDesk } from "../../src/desk/redis.ts";
import { asAgentId, asCallId, asQueueName } from "../../src/domain/ids.ts";
import type { Desk } from "../../src/ports/desk.ts";
import { deskConformance } from "../conformance/desk.ts";
import { openProxy } from "./proxy.ts";
import { clear, freshPrefix, keysOf, listeningLog, redisUrl } from "./redis-server.ts";

const amina = asAgentId("AGT-001");
const call = asCallId("CALL-00000001");
const entry = {
  call,
  queue: asQueueName("support"),
  priority: 5,
  language: null,
  enteredAt: 1,
  owner: "a",
};
const roster = [{ id: amina, extension: "1001", queues: [entry.queue] }];

describe.skipIf(redisUrl === null)("on Redis", () => {
  const url = redisUrl ?? "";
  const prefix = freshPrefix();
  const log = listeningLog();
  const opened: Desk[] = [];
  let lives = 0;

  async function openDesk(at = url, startWithinMs = 5_000): Promise<Desk> {
    lives += 1;
    const owner = `kituo-test/${lives}`;
    const desk = openRedisDesk({ url: at, prefix, owner, log, startWithinMs });
    opened.push(desk);
    await desk.start();
    return desk;
  }
  async function closeAll(): Promise<void> {
    await Promise.all(opened.splice(0).map(async (desk) => await desk.stop()));
    await clear(url, prefix);
  }
  afterEach(closeAll);
  afterAll(async () => {
    expect(await keysOf(url, prefix)).toEqual([]);
  });

  deskConformance("the desk in Redis", async () => {
    const owner = `kituo-test/${lives + 1}`;
    const [desk, other] = await Promise.all([openDesk(), openDesk()]);
    return { desk, owner, other, close: closeAll };
  });

  describe("the desk in Redis", () => {
    it("tells the other process of a change, and the own one only once", async () => {
      const [desk, other] = await Promise.all([openDesk(), openDesk()]);
      const told = { desk: 0, other: 0 };
      desk.onChange(() => {
        told.desk += 1;
      });
      other.onChange(() => {
        told.other += 1;
      });
      await desk.join(entry);
      expect(told.desk).toBe(1);
      await expect.poll(() => told.other).toBe(1);
      await other.leave(call);
      // The change of the other process travels behind the own one: when it is here, an echo would be too.
      await expect.poll(() => told.desk).toBe(2);
      expect(told.other).toBe(2);
    });

    it("goes on when a change handler throws", async () => {
      const desk = await openDesk();
      let told = 0;
      desk.onChange(() => {
        throw new Error("a listener's mistake");
      });
      desk.onChange(() => {
        told += 1;
      });
      await desk.join(entry);
      expect(told).toBe(1);
      expect(log.lines).toContain("desk change handler failed");
    });

    it("outlives the process that wrote to it", async () => {
      const desk = await openDesk();
      await desk.enrol(roster, 1);
      await desk.setPresence(amina, { is: "available" }, 2);
      await desk.join(entry);
      const before = await desk.snapshot();
      await desk.stop();
      expect(await (await openDesk()).snapshot()).toEqual(before);
    });

    it("leaves nothing of a day's work but the agents", async () => {
      const desk = await openDesk();
      await desk.enrol(roster, 1);
      await desk.setPresence(amina, { is: "available" }, 2);
      await desk.setDevice("1001", "idle", 3);
      await desk.beat("kituo-test");
      await desk.join(entry);
      await desk.reserve(call, amina, 20);
      await desk.release(call, amina, "no_answer", 10);
      await desk.expire(10);
      await desk.reserve(call, amina, 30);
      await desk.connect(call, amina, 15);
      await desk.finish(call, amina, 40, 25);
      await desk.removeCall(call);
      await desk.retire("kituo-test");
      await desk.stop();
      expect(await keysOf(url, prefix)).toEqual([
        `{${prefix}}:desk:agents`,
        `{${prefix}}:desk:extensions`,
      ]);
    });

    it("fails at once with desk_down while Redis is away, and comes back by itself", async () => {
      const proxy = await openProxy(url);
      const desk = await openDesk(proxy.url);
      const other = await openDesk();
      let told = 0;
      desk.onChange(() => {
        told += 1;
      });
      expect(await desk.health()).toBe("up");
      await proxy.cut();
      const asked = performance.now();
      await expect(desk.join(entry)).rejects.toMatchObject({ code: "desk_down" });
      await expect(desk.agents()).rejects.toMatchObject({ code: "desk_down" });
      expect(performance.now() - asked).toBeLessThan(3_000);
      expect(await desk.health()).toBe("down");
      await other.join(entry);
      await proxy.restore();
      await expect.poll(() => desk.health()).toBe("up");
      // It missed the other process's change, so it is told to look again.
      await expect.poll(() => told).toBe(1);
      expect((await desk.snapshot()).waiting).toHaveLength(1);
      await desk.stop();
      await proxy.close();
    });

    it("waits no longer than half a second or so for a Redis that does not answer", async () => {
      const proxy = await openProxy(url);
      const desk = await openDesk(proxy.url);
      proxy.block();
      const asked = performance.now();
      await expect(desk.join(entry)).rejects.toMatchObject({ code: "desk_down" });
      expect(performance.now() - asked).toBeLessThan(3_000);
      expect(await desk.health()).toBe("down");
      await proxy.cut();
      await proxy.restore();
      await expect.poll(() => desk.health()).toBe("up");
      expect((await desk.snapshot()).waiting).toEqual([]);
      await desk.stop();
      await proxy.close();
    });

    it("says desk_down when Redis is not there at the start, and leaves nothing open", async () => {
      const proxy = await openProxy(url);
      await proxy.cut();
      await expect(openDesk(proxy.url, 200)).rejects.toMatchObject({ code: "desk_down" });
    });
  });
});
