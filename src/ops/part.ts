import type { ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { KituoError } from "../domain/errors.ts";

/** One running program of an instance. */
export interface Part {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  /** Settles with the exit status when the program ends, for whatever reason. */
  readonly ended: Promise<number>;
  /** Sends a signal to the program. */
  signal(name: NodeJS.Signals): void;
  /** Ends it: SIGTERM, and after the grace SIGKILL. Idempotent. */
  stop(): Promise<void>;
}

export interface PartOptions {
  readonly name: string;
  readonly log: string;
  /** How long it may take from its start until `ready` says true, in milliseconds. */
  readonly startWithin: number;
  /** How long it may take to end after SIGTERM. */
  readonly grace: number;
  /** Starts it; its output goes to the given file descriptor. */
  spawn(output: number): ChildProcess;
  /** Whether it can be used; asked again and again until it says true. A rejection counts as no. */
  ready(): Promise<boolean>;
}

/** Starts a program and waits until it can be used; one that ends or dawdles instead is a fault with its last words. */
export async function startPart(options: PartOptions): Promise<Part> {
  const output = openLog(options.log);
  const child = options.spawn(output);
  closeSync(output);
  let over = false;
  const ended = new Promise<number>((resolve) => {
    child.once("error", () => resolve(127));
    child.once("exit", (status, signal) => resolve(status ?? (signal === null ? 1 : 137)));
  }).then((status) => {
    over = true;
    return status;
  });
  const part: Part = {
    name: options.name,
    pid: child.pid ?? -1,
    log: options.log,
    ended,
    signal: (name) => child.kill(name),
    stop: async () => {
      if (over) return;
      child.kill("SIGTERM");
      const grace = new AbortController();
      const late = pause(options.grace, "late", { signal: grace.signal }).catch(() => "ended");
      const first = await Promise.race([ended, late]);
      grace.abort();
      if (first === "late") child.kill("SIGKILL");
      await ended;
    },
  };

  const deadline = performance.now() + options.startWithin;
  while (!over && performance.now() < deadline) {
    if (await options.ready().catch(() => false)) return part;
    await Promise.race([pause(20), ended]);
  }
  const how = over
    ? `ended at its start with status ${await ended}`
    : "did not become ready in time";
  await part.stop();
  throw new KituoError("internal", `${options.name} ${how}.`, lastLines(options.log));
}

/** Opens a log to be added to, and makes its folder where there is none. */
export function openLog(log: string): number {
  mkdirSync(dirname(log), { recursive: true });
  return openSync(log, "a", 0o640);
}

/** The end of a log, for people who have to find out what happened. */
export function lastLines(log: string, count = 15): string[] {
  const text = readFileSync(log, "utf8").trim();
  return [...(text === "" ? [] : text.split("\n").slice(-count)), `(${log})`];
}
