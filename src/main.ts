import { enableCompileCache, flushCompileCache } from "node:module";
import { hurry } from "./priority.ts";
import { standBy, standsBy, toldToBegin } from "./standby.ts";

// Callers wait for a restart, so these two come before all else is loaded: loading it is the longest part of a start.
const begins = standsBy() ? toldToBegin() : hurry();
enableCompileCache();
// Nor is there time to compile schemas, most of which are used once.
(await import("zod")).config({ jitless: true });
const { readConfig } = await import("./config.ts");
const { KituoError } = await import("./domain/errors.ts");
const { openLog } = await import("./log.ts");
const { startServer } = await import("./server.ts");
const { readFiles } = await import("./files.ts");
if (begins !== undefined) {
  await standBy(begins, [
    () => import("./facade/http/server.ts"), // Which a start leaves for later.
    readOnce,
    // What was loaded is moved to where it stays, so that the start's own garbage is collected without it.
    () => globalThis.gc?.(),
  ]);
}
const begunAt = begins === undefined ? 0 : performance.now();

/** Reads what a start reads, so that this is compiled by then. */
async function readOnce(): Promise<void> {
  try {
    await readFiles(readConfig());
  } catch {
    // It is told when somebody needs this server.
  }
}

/** Runs the server as a program: until a signal asks it to stop. SIGHUP reads the menus again. */
async function run(): Promise<void> {
  const config = readConfig();
  const log = openLog(config.log);
  const die = (error: unknown, message: string): never => {
    log.error({ err: error }, message);
    process.exit(1);
  };
  process.on("unhandledRejection", (error) =>
    die(error, "a promise was rejected and nobody looked"),
  );
  const server = await startServer(config, log, {
    onFatal: (error) => die(error, "kituo cannot go on"),
    onDrained: () => stop(),
    begunAt,
  });
  // A process that is killed writes down nothing of what it has compiled.
  flushCompileCache();
  process.on("SIGHUP", () => {
    server.reloadMenus().catch((error: unknown) => {
      log.error({ err: error }, "the new menus have a fault; the old ones stay");
    });
  });
  function stop(): void {
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => die(error, "kituo did not stop in order"),
    );
  }
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

await run().catch((error: unknown) => {
  if (!(error instanceof KituoError)) throw error;
  process.stderr.write(
    `kituo: ${error.message}\n${error.faults.map((fault) => `  ${fault}\n`).join("")}`,
  );
  process.exitCode = 1;
  process.exit();
});
