import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Config, readConfig } from "./config.ts";
import { openRedisDesk } from "./desk/redis.ts";
import { KituoError } from "./domain/errors.ts";
import { asAgentId, asQueueName } from "./domain/ids.ts";
import { startFacade } from "./facade/http/server.ts";
import { ensureUsers } from "./facade/http/users.ts";
import { AgentWatch, noteDevice } from "./flows/agents.ts";
import { openBoard } from "./flows/board.ts";
import { wallClock } from "./flows/clock.ts";
import { handleJob } from "./flows/deadlines.ts";
import type { Deps } from "./flows/deps.ts";
import { Dispatcher } from "./flows/dispatch.ts";
import { closeOrphans } from "./flows/settle.ts";
import { takeCall } from "./flows/take.ts";
import { openNumbers } from "./integrations/numbers/e164.ts";
import { openBullJobs } from "./jobs/bull.ts";
import { openLog } from "./log.ts";
import { loadMenus, menuSurroundings } from "./ops/menus/load.ts";
import { promptNames, readPromptTexts } from "./ops/prompts/catalogue.ts";
import { readSecrets, type Secrets } from "./ops/secrets.ts";
import type { Log } from "./ports/log.ts";
import { openArchive } from "./store/archive.ts";
import { openStore } from "./store/open.ts";
import { createAsteriskTelephony } from "./telephony/ari/telephony.ts";

/** How long this process counts as alive without saying so again, and how often it says so. */
const LEASE_MS = 3_000;
const HOLD_EVERY_MS = 1_000;

export interface Server {
  /** The port that HTTP and WebSocket listen on. */
  readonly port: number;
  /** Reads the menus again; rejects, and keeps those it has, when they have a fault. */
  reloadMenus(): Promise<void>;
  /** Ends in order: no new calls, jobs done, connections closed. Calls under way stay in Asterisk. */
  stop(): Promise<void>;
}

/** Builds the server out of its parts and starts it. `onFatal` is told when it cannot go on. */
export async function startServer(
  config: Config,
  log: Log,
  onFatal: (error: Error) => void,
): Promise<Server> {
  const { centre } = config;
  const clock = wallClock;
  const owner = config.id;
  const stopping = new AbortController();
  const secrets = await secretsOf(config);

  const surroundings = menuSurroundings(centre, await promptNames(config.promptsFolder));
  let menus = await loadMenus(config.menusFolder, surroundings);
  const texts = await readPromptTexts(config.promptsFolder);

  const desk = openRedisDesk({ ...config.redis, owner, log });
  const jobs = openBullJobs({ ...config.redis, log });
  const store = openStore(config.storeUrl, log);
  const archive = openArchive(join(config.varFolder, "recordings"));
  const board = openBoard(log);
  const telephony = createAsteriskTelephony({
    ariUrl: config.ari.url,
    user: config.ari.user,
    password: config.ari.password,
    ami: config.ami,
    app: `kituo-${owner}`,
    log,
    onReplaced: () =>
      onFatal(new KituoError("conflict", `another process runs as ${owner}; KITUO_ID must differ`)),
  });
  const weights = new Map(centre.queues.map((queue) => [asQueueName(queue.name), queue.weight]));
  const ringing = new Map(centre.queues.map((queue) => [queue.name, queue.ringMs]));
  const ringMs = (queue: string): number => ringing.get(queue) ?? 15_000;
  const dispatcher = new Dispatcher({ desk, jobs, clock, log, weights, owner, ringMs });
  const deps: Deps = {
    telephony,
    desk,
    jobs,
    store,
    archive,
    board,
    clock,
    log,
    centre,
    weights,
    menus: () => menus,
    promptText: (prompt, language) => texts.get(language)?.get(prompt) ?? prompt,
    e164: openNumbers(config.country),
    random: (count) => randomBytes(count),
    owner,
    dispatcher,
  };

  const agents = centre.agents.map(({ queues, id, ...agent }) => ({
    ...agent,
    id: asAgentId(id),
    queues: queues.map(asQueueName),
  }));
  await Promise.all([store.start(), desk.start()]);
  await desk.enrol(agents, clock.now());
  await store.agents.save(agents);
  // Checking passwords is slow on purpose, so it is done beside the rest of the start.
  const users = ensureUsers(store, usersOf(secrets), clock.now());

  const watch = new AgentWatch(deps);
  desk.onChange(() => {
    dispatcher.wake();
    watch.changed();
  });
  jobs.onJob((job) => handleJob(job, deps));
  telephony.onDevice((change) => noteDevice(change, deps));
  telephony.onCall((leg) => void takeCall(leg, deps)); // It never rejects.
  await jobs.start();
  await closeOrphans(deps);
  await Promise.all([telephony.start(), users]);
  const holding = holdLease(deps, stopping.signal);
  const facade = await startFacade(
    {
      desk,
      store,
      board,
      archive,
      clock,
      log,
      centre,
      tokenSecret: secrets.tokenSecret,
      setPresence: (id, wish) => desk.setPresence(id, wish, clock.now()),
      health: async () => ({
        asterisk: telephony.health(),
        desk: await desk.health(),
        jobs: await jobs.health(),
        store: await store.health(),
      }),
    },
    { host: config.host, port: config.port },
  );
  log.info({ owner, port: facade.port }, "kituo is up");

  return {
    port: facade.port,
    async reloadMenus() {
      menus = await loadMenus(config.menusFolder, surroundings);
      log.info({ menus: menus.size }, "menus were read again; new calls walk the new ones");
    },
    async stop() {
      stopping.abort();
      await facade.stop();
      await telephony.stop();
      await holding;
      await jobs.stop();
      await watch.stop();
      await desk.stop();
      await store.stop();
      log.info({ owner }, "kituo is down");
    },
  };
}

/** Says again and again that this process is alive, until it stops; then gives the lease back. */
async function holdLease(deps: Deps, signal: AbortSignal): Promise<void> {
  const { desk, clock, log, owner } = deps;
  // A process that was killed just before this one started still counted as alive at the first look.
  clock
    .sleep(LEASE_MS, signal)
    .then(() => closeOrphans(deps))
    .catch((error: unknown) => {
      if (!signal.aborted) log.error({ err: error }, "calls of dead processes were not closed");
    });
  while (!signal.aborted) {
    try {
      await desk.holdLease(owner, clock.now() + LEASE_MS);
      await clock.sleep(HOLD_EVERY_MS, signal);
    } catch (error) {
      if (signal.aborted) break;
      log.error({ err: error }, "the lease could not be held");
      await clock.sleep(HOLD_EVERY_MS, signal).catch(() => undefined); // Aborts only when we stop.
    }
  }
  await desk.dropLease(owner);
}

async function secretsOf(config: Config): Promise<Secrets> {
  const secrets = await readSecrets(config.secretsFile);
  if (secrets !== null) return secrets;
  throw new KituoError(
    "config_invalid",
    `there is no secrets file at ${config.secretsFile}; \`kituo up\` or \`kituo config render\` makes one`,
  );
}

function usersOf(secrets: Secrets) {
  return secrets.users.map((user) => ({
    ...user,
    agent: user.agent === null ? null : asAgentId(user.agent),
  }));
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
  const server = await startServer(config, log, (error) => die(error, "kituo cannot go on"));
  process.on("SIGHUP", () => {
    server.reloadMenus().catch((error: unknown) => {
      log.error({ err: error }, "the new menus have a fault; the old ones stay");
    });
  });
  const stop = () => {
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => die(error, "kituo did not stop in order"),
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

if (import.meta.main) {
  await run().catch((error: unknown) => {
    if (!(error instanceof KituoError)) throw error;
    process.stderr.write(
      `kituo: ${error.message}\n${error.faults.map((fault) => `  ${fault}\n`).join("")}`,
    );
    process.exitCode = 1;
    process.exit();
  });
}
