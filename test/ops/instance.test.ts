import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readCentre } from "../../src/config.ts";
import { type BringUpOptions, bringUp, type Instance } from "../../src/ops/instance.ts";
import { keepUp } from "../../src/ops/keeper.ts";
import { ensureRoot } from "../../src/ops/root.ts";
import { readState } from "../../src/ops/state.ts";
import { standbyFlag } from "../../src/standby.ts";
import { firstWords, mountsWith, processesWith, until } from "./processes.ts";

const centre = readCentre(new URL("../../kituo.yaml", import.meta.url).pathname);
const up: Instance[] = [];
let folder: string;

beforeAll(async () => {
  await ensureRoot(() => undefined);
  folder = mkdtempSync(join(tmpdir(), "kituo-instance-"));
}, 180_000);
afterEach(async () => {
  await Promise.all(up.splice(0).map((instance) => instance.stop()));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function start(name: string, more: Partial<BringUpOptions> = {}): Promise<Instance> {
  const varFolder = join(folder, name);
  const instance = await bringUp({ varFolder, centre, otherPorts: "any", ...more });
  up.push(instance);
  return instance;
}

function ari(instance: Instance, path: string, password?: string): Promise<Response> {
  const { ariUser, ariPassword } = instance.secrets.site;
  const header = `Basic ${btoa(`${ariUser}:${password ?? ariPassword}`)}`;
  return fetch(`http://127.0.0.1:${instance.ports.ari}/ari/${path}`, {
    headers: { authorization: header },
  });
}

describe("an instance", () => {
  it("has an Asterisk with its phones and dialplan loaded, and a Redis that keeps what it is told", async () => {
    const instance = await start("whole");
    const endpoints = (await (await ari(instance, "endpoints/PJSIP")).json()) as {
      resource: string;
    }[];
    expect(endpoints.map((endpoint) => endpoint.resource)).toEqual(
      expect.arrayContaining(["1001", "1020"]),
    );
    expect((await ari(instance, "asterisk/modules/pbx_config.so")).status).toBe(200);
    expect((await ari(instance, "recordings/stored")).status).toBe(200);
    expect((await ari(instance, "endpoints", "wrong")).status).toBe(401);

    const redis = new Redis(instance.redisUrl, { lazyConnect: true });
    try {
      await redis.connect();
      expect(await redis.config("GET", "maxmemory-policy")).toEqual([
        "maxmemory-policy",
        "noeviction",
      ]);
      expect(await redis.config("GET", "appendonly")).toEqual(["appendonly", "yes"]);
      expect(await redis.config("GET", "appendfsync")).toEqual(["appendfsync", "everysec"]);
      await redis.set("kept", "yes");
    } finally {
      redis.disconnect();
    }

    const state = readState(join(folder, "whole"));
    expect(state?.ports).toEqual(instance.ports);
    expect(state?.asterisk.version).toMatch(/^\d+\.\d+/);
    expect(state?.keeper.pid).toBe(process.pid);
    expect(readFileSync(join(folder, "whole/kituo.json"), "utf8")).not.toContain(
      instance.secrets.redisPassword,
    );
    const config = join(instance.site.folders.etc, "pjsip.conf");
    expect(statSync(config).mode & 0o007).toBe(0);

    await instance.stop();
    expect(readState(join(folder, "whole"))).toBeNull();
    const again = await start("whole");
    const kept = new Redis(again.redisUrl);
    try {
      expect(await kept.get("kept")).toBe("yes");
    } finally {
      kept.disconnect();
    }
    expect(again.secrets).toEqual(instance.secrets);
  });

  it("comes up beside others, which share the private root, and refuses to come up twice", async () => {
    const [one, two] = await Promise.all([start("one"), start("two", { simulator: true })]);
    expect(Object.values(one.ports)).not.toEqual(expect.arrayContaining(Object.values(two.ports)));
    expect((await ari(one, "asterisk/info")).status).toBe(200);
    expect((await ari(two, "asterisk/info")).status).toBe(200);
    expect((await ari(two, "endpoints/PJSIP/trunk-simulator")).status).toBe(200);
    expect((await ari(one, "endpoints/PJSIP/trunk-simulator")).status).toBe(404);
    await expect(start("one")).rejects.toThrow("already up");
  });

  it("leaves nothing running when it cannot come up", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    await expect(start("taken", { ports: { ari: port } })).rejects.toThrow(`Port ${port}`);
    taken.close();

    const broken = structuredClone(centre);
    broken.trunks.push({ name: "bad", host: "not a host", register: false });
    await expect(start("broken", { centre: broken })).rejects.toMatchObject({
      code: "config_invalid",
    });
    expect(processesWith(join(folder, "broken"))).toEqual([]);
    expect(readState(join(folder, "broken"))).toBeNull();
  });

  it("tells which part ended by itself", async () => {
    const instance = await start("dies");
    instance.asterisk.signal("SIGTERM");
    expect((await instance.broken).name).toBe("Asterisk");
  });

  it("is whole again, on the same ports and with the same data, when its keeper has started a part again", async () => {
    const instance = await start("kept");
    const stopping = new AbortController();
    const lines: string[] = [];
    const gaveUp = keepUp(instance, {
      report: (line) => void lines.push(line),
      signal: stopping.signal,
    });
    const redis = new Redis(instance.redisUrl, { retryStrategy: () => 50 });
    // While Redis is away it says so; what counts is that it answers in the end.
    redis.on("error", () => undefined);
    try {
      await redis.set("kept", "yes");
      const before = readState(join(folder, "kept"));
      instance.asterisk.signal("SIGKILL");
      instance.redis?.signal("SIGKILL");
      const isUpAgain = (name: string) => lines.includes(`${name} is up again.`);
      await until("both are up again", () => isUpAgain("Asterisk") && isUpAgain("Redis"));
      expect((await ari(instance, "asterisk/info")).status).toBe(200);
      expect(await redis.get("kept")).toBe("yes");
      const after = readState(join(folder, "kept"));
      expect(after).toMatchObject({ ports: before?.ports, startedAt: before?.startedAt });
      expect(after?.pids).toEqual({ asterisk: instance.asterisk.pid, redis: instance.redis?.pid });
      expect(after?.pids["asterisk"]).not.toBe(before?.pids["asterisk"]);
      expect(await Promise.race([gaveUp, Promise.resolve("kept")])).toBe("kept");
    } finally {
      stopping.abort();
      redis.disconnect();
      await instance.stop();
    }
    expect(processesWith(join(folder, "kept"))).toEqual([]);
  });

  it("has its server again under the same name when it was killed, and not when it ended in order", async () => {
    const instance = await start("served", { server: true });
    const stopping = new AbortController();
    const lines: string[] = [];
    void keepUp(instance, { report: (line) => void lines.push(line), signal: stopping.signal });
    const first = instance.server();
    first?.signal("SIGKILL");
    await until("it is up again", () => lines.includes("The server is up again."));
    const second = instance.server();
    expect(second?.pid).not.toBe(first?.pid);
    expect(readFileSync(`/proc/${second?.pid}/cmdline`, "utf8")).toContain(standbyFlag);
    expect((await fetch(`${instance.url}/health`)).status).toBe(200);
    const owners = readFileSync(second?.log ?? "", "utf8")
      .split("\n")
      .filter((line) => line.includes('"the calls are in hand"'))
      .map((line) => (JSON.parse(line) as { owner: string }).owner.split("/"));
    expect(new Set(owners.map(([name]) => name)).size).toBe(1);
    expect(new Set(owners.map(([, life]) => life)).size).toBe(2);

    second?.signal("SIGTERM");
    await until("the keeper says so", () => lines.some((line) => line.includes("stays away")));
    expect(instance.server()).toBeNull();
    expect(readState(join(folder, "served"))?.pids["server"]).toBeUndefined();
    stopping.abort();
  }, 60_000);

  it("leaves no process, mount or open port when its starter is killed", async () => {
    const varFolder = join(folder, "killed");
    const starter = spawn(
      process.execPath,
      [new URL("starter.ts", import.meta.url).pathname, "instance", varFolder],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const exited = once(starter, "exit");
    let ports: Record<string, number>;
    try {
      ports = JSON.parse(await firstWords(starter)) as Record<string, number>;
      // The starter and Asterisk; Redis has its settings from elsewhere.
      expect(processesWith(varFolder).length).toBeGreaterThanOrEqual(2);
    } finally {
      starter.kill("SIGKILL");
    }
    await exited;
    await until("its processes are gone", () => processesWith(varFolder).length === 0);
    for (const name of ["ari", "ami", "redis"])
      await until(`nothing listens on the ${name} port`, () => refuses(ports[name] ?? 0));
    expect(mountsWith(varFolder)).toEqual([]);
    // The note it left behind does not keep the next one from coming up.
    expect(existsSync(join(varFolder, "kituo.json"))).toBe(true);
    expect(readState(varFolder)).toBeNull();
    await start("killed");
  });
});

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", () => resolve(true));
  });
}
