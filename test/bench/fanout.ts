import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { WebSocket, WebSocketServer } from "ws";
import { startHarness } from "../facade/harness.ts";
import { Story, wholeCall } from "../facade/story.ts";
import type { Means } from "./benches.ts";
import { type Crowd, type FromCrowd, machineNow } from "./fanout-clients.ts";
import { compare, type Result, table } from "./figures.ts";
import { turns } from "./rounds.ts";
import type { Side } from "./stage.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const clients = 1_000;
const perSecond = 50;
const lastsMs = 8_000;
const facts = (lastsMs / 1_000) * perSecond;

export const about = `fanout: something happens; when has the last of ${clients} dashboards heard of it?
${perSecond} facts of calls a second for ${lastsMs / 1_000} s, told to ${clients} connections of /ws/updates, which are held by another process on the
same machine. From the publishing of the fact to the arrival of its last byte at the last client; and deliveries for each second
of the server's processor time, kernel included.
  kituo: the server's own sockets behind its own door, on a desk in memory: numbered, with heartbeat, resumable
  ws:    a bare WebSocketServer that sends the same texts to each of its clients, and keeps no account of any of them`;

/** What is told in one round: when the facts were published, and how many messages each became. */
interface Telling {
  readonly at: readonly number[];
  readonly messages: readonly number[];
}

interface Server {
  readonly port: number;
  readonly target: string;
  /** Messages to begin with. */
  readonly skip: number;
  /** Tells the next fact. */
  tell(): void;
  stop(): Promise<void>;
}

/** What came of one round. */
interface Round {
  /** From each fact to the last client, in milliseconds. */
  readonly tookMs: readonly number[];
  readonly perCpuSecond: number;
  readonly memory: Memory;
}

/** What the server holds in memory, in MB, when all that can be collected has been. */
interface Memory {
  readonly before: number;
  readonly connected: number;
  readonly after: number;
}

/** Measures rounds of both sides in turn. */
export async function fanout({ runs, report }: Pick<Means, "runs" | "report">): Promise<
  Result & {
    readonly perCpuSecond: Result;
    readonly memoryMb: Readonly<Record<Side, readonly Memory[]>>;
  }
> {
  const { texts, messages } = await textsOfAll();
  const open = { kituo: () => openKituo(), peer: () => openBare(texts, messages) };
  const took = { kituo: [] as number[][], peer: [] as number[][] };
  const rates = { kituo: [] as number[][], peer: [] as number[][] };
  const memoryMb: Record<Side, Memory[]> = { kituo: [], peer: [] };
  // Before the rounds that count each side plays one that does not.
  for (const side of turns(1)) await playRound(await open[side](), messages);
  for (const [index, side] of turns(runs).entries()) {
    const round = await playRound(await open[side](), messages);
    took[side].push([...round.tookMs]);
    rates[side].push([round.perCpuSecond]);
    memoryMb[side].push(round.memory);
    const { before, connected, after } = round.memory;
    report(
      `  round ${index + 1}, ${side.padEnd(5)}: ${Math.round(round.perCpuSecond)} deliveries a second of a core; ${before} MB before, ${connected} MB with all there, ${after} MB after`,
    );
  }
  const peerIs = "bare ws";
  const result = compare("fanout", took, { peerIs });
  const perCpuSecond = compare("deliveries", rates, {
    unit: "deliveries/s",
    better: "higher",
    peerIs,
  });
  report(`\n${table("a fact -> the last client has it", result)}`);
  report(table("deliveries for each second of a core", perCpuSecond));
  return { ...result, perCpuSecond, memoryMb };
}

async function playRound(server: Server, messages: readonly number[]): Promise<Round> {
  const expect = messages.reduce((sum, count) => sum + count, 0);
  const before = await heldMb();
  const { port, target, skip } = server;
  const crowd = await startCrowd({ port, target, clients, skip, expect });
  try {
    const connected = await heldMb();
    const cpu = process.cpuUsage();
    const at: number[] = [];
    const begunAt = performance.now();
    for (let fact = 0; fact < facts; fact += 1) {
      await pause(Math.max(0, begunAt + (fact * 1_000) / perSecond - performance.now()));
      at.push(machineNow());
      server.tell();
    }
    const { lastAt, counts } = await crowd.done;
    const { user, system } = process.cpuUsage(cpu);
    const memory = { before, connected, after: await heldMb() };
    const deliveries = counts.reduce((sum, count) => sum + count, 0);
    const perCpuSecond = (deliveries * 1e6) / (user + system);
    return { tookMs: lastOfEach({ at, messages }, lastAt), perCpuSecond, memory };
  } finally {
    crowd.stop();
    await server.stop();
  }
}

/** From each fact to the arrival of the last of its messages. */
function lastOfEach({ at, messages }: Telling, lastAt: readonly number[]): number[] {
  let told = 0;
  return at.map((published, index) => {
    told += messages[index] ?? 1;
    return (lastAt[told - 1] ?? Number.NaN) - published;
  });
}

async function openKituo(): Promise<Server> {
  const harness = await startHarness();
  const token = await harness.tokenFor("supervisor");
  let story = new Story(harness, callId(0));
  let calls = 0;
  return {
    port: Number(new URL(harness.base).port),
    target: `/ws/updates?token=${token}`,
    skip: 2,
    tell() {
      if (story.isOver) {
        calls += 1;
        story = new Story(harness, callId(calls));
      }
      story.publishNext();
    },
    stop: () => harness.stop(),
  };
}

const callId = (number: number): string => `CALL-${String(number).padStart(8, "0")}`;

/** What Kituo tells in a round, fact by fact, read by a client of its own. */
async function textsOfAll(): Promise<{ texts: string[]; messages: number[] }> {
  const kituo = await openKituo();
  const messages = Array.from({ length: facts }, (_, index) =>
    wholeCall[index % wholeCall.length]?.type === "queued" ? 2 : 1,
  );
  const expect = messages.reduce((sum, count) => sum + count, kituo.skip);
  const socket = new WebSocket(`ws://127.0.0.1:${kituo.port}${kituo.target}`);
  const texts: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on("message", (data: Buffer) => {
    texts.push(data.toString("utf8"));
    if (texts.length === kituo.skip) void tellAll();
    if (texts.length === expect) resolve();
  });
  async function tellAll(): Promise<void> {
    for (let fact = 0; fact < facts; fact += 1) {
      kituo.tell();
      await pause(1); // Each in a tick of its own, as in the rounds.
    }
  }
  await promise;
  socket.close();
  await kituo.stop();
  return { texts: texts.slice(kituo.skip), messages };
}

async function openBare(texts: readonly string[], messages: readonly number[]): Promise<Server> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  await once(server, "listening");
  let fact = 0;
  let next = 0;
  return {
    port: (server.address() as AddressInfo).port,
    target: "/",
    skip: 0,
    tell() {
      for (let count = messages[fact] ?? 1; count > 0; count -= 1) {
        const text = texts[next] ?? "";
        for (const client of server.clients) client.send(text);
        next += 1;
      }
      fact += 1;
    },
    async stop() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function startCrowd(crowd: Crowd) {
  const child: ChildProcess = fork(new URL("./fanout-clients.ts", import.meta.url));
  const there = Promise.withResolvers<void>();
  const done = Promise.withResolvers<Extract<FromCrowd, { is: "done" }>>();
  const broken = (why: string): void => {
    const error = new Error(`the clients cannot go on: ${why}`);
    there.reject(error);
    done.reject(error);
  };
  // It is waited for when all has been told; until then nobody looks.
  done.promise.catch(() => undefined);
  child.on("message", (message: FromCrowd) => {
    if (message.is === "there") there.resolve();
    else if (message.is === "done") done.resolve(message);
    else broken(message.why);
  });
  child.once("exit", (code) => broken(`they ended with ${code}`));
  child.send(crowd);
  await there.promise;
  return { done: done.promise, stop: () => void child.kill() };
}

async function heldMb(): Promise<number> {
  // What a first collection has let go of is given back by a second one.
  for (const _ of [1, 2]) {
    collect();
    await pause(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1e5) / 10;
}
