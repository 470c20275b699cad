import { setTimeout as pause } from "node:timers/promises";
import type { ServerProcess } from "./server.ts";

/** What the server says of one of the parts it leans on. */
export async function partOf(server: ServerProcess, part: string): Promise<string> {
  const answer = await fetch(`${server.url}/health`, { signal: AbortSignal.timeout(3_000) });
  const { parts } = (await answer.json()) as {
    readonly parts: Readonly<Record<string, string | { readonly state: string }>>;
  };
  const found = parts[part];
  return typeof found === "string" ? found : (found?.state ?? "unknown");
}

/** The milliseconds until a part is (`up`), or is not up any more; `Infinity` when that takes too long. */
export async function noticed(
  server: ServerProcess,
  part: string,
  up: boolean,
  withinMs: number,
): Promise<number> {
  const began = performance.now();
  while (performance.now() - began < withinMs) {
    const state = await partOf(server, part).catch(() => "unanswered");
    if ((state === "up") === up) return performance.now() - began;
    await pause(50);
  }
  return Infinity;
}
