import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { audioPorts, freePort, pickPorts, usualPorts } from "../../src/ops/ports.ts";

const allAt = (address: string) => ({
  http: address,
  sip: address,
  ari: address,
  ami: address,
  redis: address,
});
const local = allAt("127.0.0.1");
/** Where nobody else listens or calls from: a port that is free there stays free. */
const quiet = "127.94.0.1";

describe("picking ports", () => {
  it("gives different free ones to instances that come up at the same time", async () => {
    const picks = await Promise.all(
      Array.from({ length: 4 }, () => pickPorts({ named: {}, others: "any", addresses: local })),
    );
    for (const ports of picks) expect(new Set(Object.values(ports)).size).toBe(5);
  });

  it("goes on from a usual port that is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const ports = await pickPorts({ named: {}, others: "usual", addresses: local });
    for (const [name, port] of Object.entries(ports)) {
      const usual = usualPorts[name as keyof typeof usualPorts];
      expect(port).toBeGreaterThanOrEqual(usual);
      expect(port).toBeLessThan(usual + 100);
    }
    taken.close();
  });

  it("refuses a named port that is taken, in UDP too for SIP", async () => {
    const udp = createSocket("udp4").bind(0, quiet);
    await once(udp, "listening");
    const { port } = udp.address();
    const named = (name: string) =>
      pickPorts({ named: { [name]: port }, others: "any", addresses: allAt(quiet) });
    await expect(named("sip")).rejects.toThrow(
      `Port ${port} on ${quiet}, asked for as sip, is taken.`,
    );
    await expect(named("http")).resolves.toMatchObject({ http: port });
    udp.close();
  });

  it("gives back what it held", async () => {
    const port = await freePort(quiet);
    for (let round = 0; round < 3; round += 1) {
      const ports = await pickPorts({
        named: { redis: port },
        others: "any",
        addresses: allAt(quiet),
      });
      expect(ports.redis).toBe(port);
    }
  });

  it("gives an even number of audio ports below those that the system hands out", () => {
    for (let sip = 5160; sip < 5260; sip += 1) {
      const { rtpFrom, rtpTo } = audioPorts(sip);
      expect(rtpFrom % 2).toBe(0);
      expect((rtpTo - rtpFrom + 1) % 2).toBe(0);
      expect(rtpTo).toBeLessThan(32_768);
    }
  });
});
