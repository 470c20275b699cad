import fs, { existsSync, readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { setTimeout as pause } from "node:timers/promises";

/**
 * Loaded into a server process ahead of the server (`--import`): makes its clock wrong, its event loop stand still or
 * its disk slow, as a file says. The server itself has no such switches.
 */
export interface Trouble {
  /** Added to what the clock tells. */
  readonly clockMs?: number;
  /** The event loop stands still for so long, once for each new `stall`. */
  readonly stallMs?: number;
  readonly stall?: number;
  /** Each wait for the disk takes so much longer. */
  readonly fsyncMs?: number;
}

const lookEveryMs = 25;
const file = process.env["KITUO_CHAOS_TROUBLE"];
let trouble: Trouble = {};
let stalled = 0;

function look(): void {
  if (file === undefined || !existsSync(file)) return;
  const text = readFileSync(file, "utf8");
  if (text.endsWith("\n")) trouble = JSON.parse(text) as Trouble;
  const { stall = 0, stallMs = 0 } = trouble;
  if (stall === stalled) return;
  stalled = stall;
  const until = performance.now() + stallMs;
  while (performance.now() < until);
}

if (file !== undefined) {
  const RealDate = Date;
  const realNow = Date.now.bind(Date);
  const now = (): number => realNow() + (trouble.clockMs ?? 0);
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: []) =>
      args.length === 0 ? new target(now()) : Reflect.construct(target, args),
    get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
  });
  for (const name of ["fsync", "fdatasync"] as const) {
    const real = fs[name].bind(fs);
    const slow = (fd: number, done: (error: NodeJS.ErrnoException | null) => void): void => {
      setTimeout(() => real(fd, done), trouble.fsyncMs ?? 0);
    };
    Object.assign(fs, { [name]: slow });
  }
  const handle = await fs.promises.open(process.execPath);
  const prototype = Object.getPrototypeOf(handle) as fs.promises.FileHandle;
  await handle.close();
  for (const name of ["sync", "datasync"] as const) {
    const real = prototype[name];
    prototype[name] = async function slow(this: fs.promises.FileHandle): Promise<void> {
      await pause(trouble.fsyncMs ?? 0);
      await real.call(this);
    };
  }
  syncBuiltinESMExports();
  setInterval(look, lookEveryMs).unref();
}
