import { setImmediate } from "node:timers/promises";

/** With this argument the server is loaded and does not begin before it is sent a message; see `ops/standby.ts`. */
export const standbyFlag = "--when-told";

/** Whether this process was started to stand by. */
export const standsBy = (): boolean => process.argv.includes(standbyFlag);

/**
 * Settles when this process `begins`. Until it does, what can be done for it `beforehand` is done, one after another, and
 * when that is all it says that it is loaded.
 */
export async function standBy(
  begins: Promise<void>,
  beforehand: readonly (() => unknown)[],
): Promise<void> {
  let begun = false;
  const beginning = begins.then(() => {
    begun = true;
  });
  for (const step of beforehand) {
    await setImmediate(); // Else nobody would hear that it is to begin.
    if (begun) return;
    await step();
  }
  if (process.connected) process.send?.("loaded");
  await beginning;
}

/** Settles when whoever keeps this process says that it is to begin. The process ends when it is kept no more. */
export async function toldToBegin(): Promise<void> {
  const left = () => process.exit(0);
  process.once("disconnect", left);
  await new Promise((resolve) => process.once("message", resolve));
  process.off("disconnect", left);
  process.disconnect?.();
}
