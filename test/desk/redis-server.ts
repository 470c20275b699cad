import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import type { Log } from "../../src/ports/log.ts";

/** The Redis that the test runner provides; without it, tests on Redis are skipped, and say so. */
export const redisUrl = process.env.KITUO_TEST_REDIS_URL ?? null;
if (redisUrl === null) {
  console.warn("SKIPPED: tests on Redis, because KITUO_TEST_REDIS_URL names none");
}

/** A prefix that no other test uses. */
export function freshPrefix(): string {
  return `test-${randomUUID().slice(0, 8)}`;
}

/** The names of all keys under a prefix, sorted. */
export async function keysOf(url: string, prefix: string): Promise<string[]> {
  const redis = new Redis(url);
  try {
    return (await redis.keys(`{${prefix}}:*`)).sort();
  } finally {
    redis.disconnect();
  }
}

/** Removes every key under a prefix. */
export async function clear(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys(`{${prefix}}:*`);
    if (keys.length > 0) await redis.del(...keys);
  } finally {
    redis.disconnect();
  }
}

/** A log that keeps its lines, so that tests can read them. */
export function listeningLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const line = (_fields: unknown, message: string): void => void lines.push(message);
  const log = {
    lines,
    debug: line,
    info: line,
    warn: line,
    error: line,
    child: (): Log => log,
  };
  return log;
}
