import { Redis, type RedisOptions } from "ioredis";
import { KituoError } from "../domain/errors.ts";
import type { Log } from "../ports/log.ts";

/** How long one command may take: a caller is on the line. */
const commandWithinMs = 500;

/** Tries again for ever: at once, then ever slower, at most a quarter of a second apart. */
function retryAfterMs(attempt: number): number {
  return Math.min(25 * 2 ** Math.min(attempt, 10), 250);
}

/**
 * Commands fail at once while Redis is away and are never sent a second time: a verb that ran, and whose answer was
 * lost with the connection, must not run again behind the back of the caller who was told that it failed.
 */
const commandOptions: RedisOptions = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  // Only for what is not asked `inTime`.
  commandTimeout: 4 * commandWithinMs,
  // A connection that swallows what is sent is closed and opened anew.
  socketTimeout: 4 * commandWithinMs,
};

/** Who listens subscribes anew on each connection. */
const listenOptions: RedisOptions = { maxRetriesPerRequest: null, autoResubscribe: false };

/** What other processes tell is asked for every two seconds whether it can be heard: a longer silence is a dead connection. */
const hearOptions: RedisOptions = { ...listenOptions, socketTimeout: 4_000 };

/**
 * Who works jobs off has time: it waits until Redis is back, on which BullMQ insists for workers. It blocks for ten
 * seconds at most, so a longer silence is a dead connection.
 */
const workOptions: RedisOptions = { maxRetriesPerRequest: null, socketTimeout: 15_000 };

/** What a connection is for, which decides what it does while Redis is away. */
export type Purpose =
  | "desk-commands"
  | "desk-changes"
  | "jobs-ask"
  | "jobs-work"
  | "board-tell"
  | "board-hear";

const optionsFor: Readonly<Record<Purpose, RedisOptions>> = {
  "desk-commands": commandOptions,
  "desk-changes": listenOptions,
  "jobs-ask": commandOptions,
  "jobs-work": workOptions,
  "board-tell": commandOptions,
  "board-hear": hearOptions,
};

/**
 * A connection to Redis that reconnects for ever and logs the begin and the end of an outage, once each. The desk and
 * the jobs both live in Redis; this is the one way they reach it.
 */
export function openConnection(url: string, purpose: Purpose, log: Log): Redis {
  const redis = new Redis(url, {
    ...optionsFor[purpose],
    lazyConnect: true,
    connectTimeout: 2_000,
    keepAlive: 5_000,
    connectionName: `kituo-${purpose}`,
    retryStrategy: retryAfterMs,
    // One that has just started reads its file first, and is asked again and again whether it has.
    maxLoadingRetryTime: 100,
    // After a failover the old master answers, but takes no writes: then look for the new one.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
  let away = false;
  let reason: Error | null = null;
  redis.on("error", (error) => {
    reason = error;
  });
  redis.on("reconnecting", () => {
    if (!away) log.warn({ purpose, error: reason }, "redis connection lost");
    away = true;
  });
  redis.on("ready", () => {
    if (away) log.info({ purpose }, "redis connection back");
    away = false;
    reason = null;
  });
  return redis;
}

/**
 * Gives up a connection at once: a Redis that hangs would never answer a farewell. All that waits for an answer fails,
 * and another connection is opened.
 */
export function abandon(redis: Redis): void {
  redis.stream.destroy();
}

/** Connects and settles when Redis answers; rejects with `desk_down` when it does not in time. */
export async function connectFirst(redis: Redis, withinMs: number): Promise<void> {
  const ready = Promise.withResolvers<void>();
  const timer = setTimeout(() => ready.reject(redisDown(new Error("no answer in time"))), withinMs);
  redis.once("ready", ready.resolve);
  redis.connect().catch(() => {
    // Only this attempt failed: it is in the log, and the connection goes on trying until the time is up.
  });
  try {
    await ready.promise;
  } finally {
    clearTimeout(timer);
    redis.off("ready", ready.resolve);
  }
}

/**
 * Awaits an answer for as long as a command may take. A process that was held up itself looks at what has arrived
 * meanwhile before it gives up: timers come before the network when it goes on.
 */
export async function inTime<Value>(reply: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const giveUp = (): void => late.reject(new Error("no answer in time"));
  const timer = setTimeout(() => setImmediate(giveUp), commandWithinMs);
  try {
    return await Promise.race([reply, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Awaits an answer of Redis; what keeps Redis from answering becomes `desk_down`. */
export async function answered<Value>(reply: Promise<Value>): Promise<Value> {
  try {
    return await inTime(reply);
  } catch (error) {
    throw asFault(error);
  }
}

/** Redis answers, but not to us: it is full, read-only, still reading its file, or has lost our session. */
const refusals =
  /\b(OOM|READONLY|LOADING|MISCONF|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|LOST|LATE)\b/;

/** A script that Redis cannot run is our mistake; everything else is Redis being away, full or read-only. */
export function asFault(error: unknown): KituoError {
  const ours =
    error instanceof Error && error.name === "ReplyError" && !refusals.test(error.message);
  if (ours && error.message.startsWith("ERR")) {
    return new KituoError("internal", "The desk could not run a command.", [], error);
  }
  return redisDown(error);
}

/** The error of whoever asked while Redis was away. */
export function redisDown(cause: unknown): KituoError {
  return new KituoError(
    "desk_down",
    "The desk and the jobs cannot be reached: Redis does not answer.",
    [],
    cause,
  );
}
