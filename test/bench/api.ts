import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createHttpPool, type HttpPool } from "../../src/telephony/ari/http.ts";
import type { Means } from "./benches.ts";
import { compare, type Result, table } from "./figures.ts";
import { turns } from "./rounds.ts";

const path = "/api/calls/active";
const connections = 16;
const lastsMs = 4_000;
const countedMs = 250;

export const about = `api: how many reads of live state does a process answer in a second?
GET ${path} over ${connections} kept connections, each asked again when it has answered, for ${lastsMs / 1_000} s a round, counted every ${countedMs} ms. 20 calls
are live. The peer is a server of node:http that answers every request with the same bytes, and looks at nothing.`;

interface Server {
  readonly child: ChildProcess;
  readonly pool: HttpPool;
}

/** Measures both sides in turn; the values are reads a second. */
export async function api({ runs, report }: Pick<Means, "runs" | "report">): Promise<Result> {
  const kituo = await start(false, "");
  const body = (await kituo.pool.exchange("GET", path, null, 5_000)).bytes.toString("utf8");
  const peer = await start(true, body);
  const sides = { kituo: [] as number[][], peer: [] as number[][] };
  try {
    for (const side of turns(1)) await round(side === "kituo" ? kituo : peer);
    for (const [index, side] of turns(runs).entries()) {
      const rates = await round(side === "kituo" ? kituo : peer);
      sides[side].push(rates);
      report(`  round ${index + 1}, ${side.padEnd(5)}: ${Math.round(mean(rates))} reads a second`);
    }
  } finally {
    for (const { child, pool } of [kituo, peer]) {
      pool.close();
      child.disconnect();
    }
  }
  const said = { unit: "reads/s", better: "higher", peerIs: "bare node:http" } as const;
  const result = compare("api", sides, said);
  report(`\n${table("reads of live state", result)}`);
  return result;
}

async function start(bare: boolean, body: string): Promise<Server> {
  const child = fork(join(import.meta.dirname, "api-server.ts"));
  child.send({ bare, body });
  const [listens] = (await once(child, "message")) as [{ port: number; token: string }];
  const pool = createHttpPool({
    host: "127.0.0.1",
    port: listens.port,
    authorization: `Bearer ${listens.token}`,
    idleMs: 60_000,
    connectionsAtMost: connections,
    answerBytesAtMost: 10_000_000,
  });
  return { child, pool };
}

/** Keeps every connection busy for the length of a round; gives the rate of each stretch of it. */
async function round({ pool }: Server): Promise<number[]> {
  const begun = performance.now();
  const counts = Array.from({ length: lastsMs / countedMs }, () => 0);
  const ask = async (): Promise<void> => {
    for (;;) {
      const answer = await pool.exchange("GET", path, null, 5_000);
      if (answer.status !== 200) throw new Error(`a read was answered with ${answer.status}`);
      const at = Math.floor((performance.now() - begun) / countedMs);
      if (at >= counts.length) return;
      counts[at] = (counts[at] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, ask));
  return counts.map((count) => (count * 1_000) / countedMs);
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
