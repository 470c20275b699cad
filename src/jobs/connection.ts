import { Redis, type RedisOptions } from "ioredis";
import { KituoError } from "../domain/errors.ts";
import type { Log } from "../ports/log.ts";

/** Who asks for a job has a caller on the line: while Redis is away it is told at once. */
const askOptions: RedisOptions = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: 1_000,
  // A connection that swallows what is sent is closed and opened anew.
  socketTimeout: 2_000,
};

/**
 * Who works jobs off has time: it waits until Redis is back, on which BullMQ insists for workers. It blocks for ten
 * seconds at most, so a longer silence is a dead connection.
 */
const workOptions: RedisOptions = { maxRetriesPerRequest: null, socketTimeout: 15_000 };

/** A connection to Redis that reconnects for ever and logs the begin and the end of an outage, once each. */
export function openConnection(url: string, purpose: "ask" | "work", log: Log): Redis {
  const redis = new Redis(url, {
    ...(purpose === "ask" ? askOptions : workOptions),
    lazyConnect: true,
    connectTimeout: 2_000,
    keepAlive: 5_000,
    connectionName: `kituo-jobs-${purpose}`,
    retryStrategy: (attempt) => Math.min(25 * 2 ** Math.min(attempt, 10), 1_000),
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
  let away = false;
  let reason: Error | null = null;
  redis.on("error", (error) => {
    reason = error;
  });
  redis.on("reconnecting", () => {
    if (!away) log.warn({ purpose, error: reason }, "jobs connection lost");
    away = true;
  });
  redis.on("ready", () => {
    if (away) log.info({ purpose }, "jobs connection back");
    away = false;
    reason = null;
  });
  return redis;
}

/** Connects and settles when Redis answers; rejects with `desk_down` when it does not in time. */
export async function connectFirst(redis: Redis, withinMs: number): Promise<void> {
  const ready = Promise.withResolvers<void>();
  const timer = setTimeout(() => ready.reject(jobsDown(new Error("no answer in time"))), withinMs);
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

/** The error of an ask that Redis did not take. */
export function jobsDown(cause: unknown): KituoError {
  return new KituoError("desk_down", "No job can be left: Redis does not answer.", [], cause);
}
