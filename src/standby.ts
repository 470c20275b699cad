/** With this argument the server is loaded and does not begin before it is sent a message; see `ops/standby.ts`. */
export const standbyFlag = "--when-told";

/** Whether this process was started to stand by. */
export const standsBy = (): boolean => process.argv.includes(standbyFlag);

/**
 * Settles when this process `begins`. If it does not do that yet, it does `more` for it beforehand, and says that it is
 * loaded.
 */
export async function standBy(begins: Promise<void>, more: () => Promise<unknown>): Promise<void> {
  const oneTurn = new Promise<"waits">((resolve) => setImmediate(resolve, "waits"));
  if ((await Promise.race([begins, oneTurn])) !== "waits") return;
  await more();
  if (process.connected) process.send?.("loaded");
  await begins;
}

/** Settles when whoever keeps this process says that it is to begin. The process ends when it is kept no more. */
export async function toldToBegin(): Promise<void> {
  const left = () => process.exit(0);
  process.once("disconnect", left);
  await new Promise((resolve) => process.once("message", resolve));
  process.off("disconnect", left);
  process.disconnect?.();
}
