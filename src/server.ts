import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Config } from "./config.ts";
import { openDesk } from "./desk/steady.ts";
import type { Centre } from "./domain/centre.ts";
import { KituoError } from "./domain/errors.ts";
import { asAgentId, asQueueName } from "./domain/ids.ts";
import { agentRules, type RoutingRules, rulesOf } from "./domain/routing/rules.ts";
import { bindDoor } from "./facade/http/door.ts";
import { ensureUsers, updatePasswords } from "./facade/http/users.ts";
import { readFiles } from "./files.ts";
import { AgentWatch, noteDevice } from "./flows/agents.ts";
import { openBoard } from "./flows/board.ts";
import { cancelCallback } from "./flows/cancel.ts";
import { wallClock, watchClock } from "./flows/clock.ts";
import { handleJob } from "./flows/deadlines.ts";
import type { Deps } from "./flows/deps.ts";
import { Dispatcher } from "./flows/dispatch.ts";
import { Drain } from "./flows/drain.ts";
import { HealthWatch } from "./flows/health.ts";
import { InvariantWatch } from "./flows/invariants.ts";
import { Lease } from "./flows/lease.ts";
import { Orders, orderCall } from "./flows/orders.ts";
import { originate } from "./flows/originate.ts";
import { atMost } from "./flows/patience.ts";
import { Running } from "./flows/running.ts";
import { Succession } from "./flows/succession.ts";
import { takeCall } from "./flows/take.ts";
import { resumeDeliveries, WebhookTeller } from "./flows/webhooks.ts";
import { openNumbers } from "./integrations/numbers/e164.ts";
import { createWebhookSender } from "./integrations/webhooks/sender.ts";
import { openJobs } from "./jobs/steady.ts";
import { openJournal } from "./journal/journal.ts";
import { readable } from "./journal/reading.ts";
import type { Secrets } from "./ops/secrets.ts";
import type { Log } from "./ports/log.ts";
import { goFirst, stepBack } from "./priority.ts";
import { openBridge } from "./redis/bridge.ts";
import { openArchive } from "./store/archive.ts";
import { openStore } from "./store/open.ts";
import { createAsteriskTelephony } from "./telephony/ari/telephony.ts";

/** How long after a start what the callers of before have missed may still be being made good. */
const SERVED_MS = 5_000;
/** How long callers may keep the facade from being loaded, which would keep the server from them for as long. */
const CALLERS_FIRST_MS = 2_500;
/** How long jobs under way may take when the server stops. */
const JOBS_WITHIN_MS = 2_000;

export interface Server {
  /** The port that HTTP and WebSocket listen on. */
  readonly port: number;
  /** Reads the menus again; rejects, and keeps those it has, when they have a fault. */
  reloadMenus(): Promise<void>;
  /** Ends in order: no new calls, jobs done, connections closed. Calls under way stay in Asterisk. */
  stop(): Promise<void>;
}

/** What the server tells of itself to whoever runs it. */
interface Watcher {
  /** When it was asked to start, as `performance.now()` has it. */
  readonly begunAt: number;
  /** It cannot go on. */
  readonly onFatal: (error: Error) => void;
  /** It was asked to end with its last call, and that has ended. */
  readonly onDrained: () => void;
}

/** Builds the server out of its parts and starts it. */
export async function startServer(
  config: Config,
  log: Log,
  { onFatal, onDrained, begunAt }: Watcher,
): Promise<Server> {
  const { centre } = config;
  const clock = wallClock;
  // Every start is a life of its own: what another life of this process still does must not count as ours.
  const owner = `${config.id}/${randomBytes(6).toString("hex")}`;
  const desk = openDesk({ ...config.redis, owner, log });
  const store = await openStore(config.storeUrl, log);
  const board = openBoard(log);
  const bridge = openBridge({ ...config.redis, owner, board, clock, log });
  const journal = openJournal({ folder: join(config.varFolder, "journal", config.id), store, log });
  journal.onLines((lines) => {
    for (const line of lines) {
      board.publish({ type: "transcript", call: line.call, line, at: line.at });
    }
  });
  const fenced = (why: string) => onFatal(new KituoError("fenced", why));
  const lease = new Lease({
    desk,
    clock,
    log,
    owner,
    onFenced: () => fenced("this process was taken for dead, and another has its calls"),
  });
  const telephony = createAsteriskTelephony({
    ariUrl: config.ari.url,
    user: config.ari.user,
    password: config.ari.password,
    ami: config.ami,
    app: `kituo-${config.id}`,
    log,
    mayAct: lease.mayAct,
    onReplaced: () => fenced(`another process runs as ${config.id}; KITUO_ID must differ`),
    onTaken: () => fenced("another process has taken this one's calls"),
  });
  const rules = rulesOf(centre);
  const agents = agentsOf(centre);

  // The port first: a process that cannot have it must not take another's calls.
  const door = await bindDoor({ host: config.host, port: config.port });
  // Asterisk may have little time for us, and there is enough to do until it has answered.
  telephony.connect();
  const [{ secrets, readMenus, promptText, ...files }] = await Promise.all([
    readFiles(config),
    desk.start().then(() => desk.enrol(enrolled(agents, rules), clock.now())),
    store.start().then(() => journal.start()),
  ]);
  let { menus } = files;
  const jobs = openJobs({ ...config.redis, log });
  const archive = openArchive(join(config.varFolder, "recordings"));
  const running = new Running();
  const ringing = new Map(centre.queues.map((queue) => [queue.name, queue.ringMs]));
  const ringMs = (queue: string): number => ringing.get(queue) ?? 15_000;
  const dispatcher = new Dispatcher({
    desk,
    jobs,
    clock,
    log,
    rules,
    chance: Math.random,
    owner,
    ringMs,
  });
  const deps: Deps = {
    telephony,
    desk,
    jobs,
    store,
    journal,
    archive,
    board,
    clock,
    log,
    centre,
    rules,
    menus: () => menus,
    promptText,
    e164: openNumbers(config.country),
    owner,
    lease,
    running,
    orders: new Orders(),
    sender: createWebhookSender(),
    dispatcher,
  };
  const succession = new Succession(deps, lease);
  const invariants = new InvariantWatch(deps, () => succession.alive);
  const drain = new Drain(deps, onDrained);
  const health = new HealthWatch({
    looks: {
      asterisk: () => telephony.health(),
      desk: () => desk.health(),
      jobs: () => jobs.health(),
      store: () => store.health(),
      journal: () => journal.health().state,
    },
    board,
    clock,
    log,
  });

  const watch = new AgentWatch(deps);
  desk.onChange(() => {
    dispatcher.wake();
    watch.changed();
  });
  const adopted = Promise.withResolvers<void>();
  // A deadline that passed while nobody was here is judged when the calls it is about go on.
  jobs.onJob(async (job) => {
    await adopted.promise;
    await handleJob(job, deps);
  });
  telephony.onDevice((change) => noteDevice(change, deps));
  telephony.onCall((leg) => void takeCall(leg, deps)); // It never rejects.
  telephony.onReturn((news) => void succession.returned(news)); // It never rejects.
  telephony.onNative(() => succession.native());
  const inHand = takeCallsInHand();
  // Callers come first; but whoever asks how we are must not wait for an Asterisk that is away.
  await atMost(CALLERS_FIRST_MS, inHand, clock);
  const [{ startFacade }, doubtful] = await Promise.all([
    import("./facade/http/server.ts"),
    ensureUsers(store, usersOf(secrets), secrets.tokenSecret, clock.now()),
    store.agents.save(agents),
    jobs.start(),
    bridge.start(),
  ]);
  await health.start();
  const facade = await startFacade(
    {
      desk,
      store: readable(store, journal),
      board,
      archive,
      clock,
      log,
      centre,
      tokenSecret: secrets.tokenSecret,
      access: config.access,
      origins: config.origins,
      setPresence: (id, wish) => desk.setPresence(id, wish, clock.now()),
      cancelCallback: (call) => cancelCallback(call, deps),
      e164: deps.e164,
      webhooks: new WebhookTeller(deps),
      originate: (wish) => originate(wish, deps),
      orderCall: (call, order) => orderCall(call, order, deps),
      parts: () => health.parts(),
      violations: () => invariants.counts(),
      drain,
    },
    door,
  );
  await inHand;
  invariants.start();
  // Comparing passwords is slow on purpose, and nobody waits for it.
  updatePasswords(store, doubtful, secrets.tokenSecret, clock.now()).catch((error: unknown) => {
    log.error({ err: error }, "passwords were not compared with the secrets file");
  });
  resumeDeliveries(deps).catch((error: unknown) => {
    log.warn({ err: error }, "what webhooks are still to be told is not known");
  });
  const stopClock = watchClock(log);
  log.info({ owner, port: facade.port }, "kituo is up");

  /** Takes the place of earlier lives of this process, and whatever calls come. */
  async function takeCallsInHand(): Promise<void> {
    const letGo = dispatcher.hold();
    const [servedUntil] = await Promise.all([telephony.start(), succession.enter()]);
    await succession.start(servedUntil);
    letGo();
    adopted.resolve();
    goFirst();
    void setTimeout(SERVED_MS, undefined, { ref: false }).then(stepBack);
    log.info(
      { owner, sinceStartMs: Math.round(performance.now() - begunAt) },
      "the calls are in hand",
    );
  }

  return {
    port: facade.port,
    async reloadMenus() {
      menus = await readMenus();
      log.info({ menus: menus.size }, "menus were read again; new calls walk the new ones");
    },
    async stop() {
      stopClock();
      health.stop();
      await invariants.stop();
      telephony.drain();
      dispatcher.stop();
      // What a job has not done by then is done by another process, or by the next life of this one.
      await Promise.race([jobs.stop(), setTimeout(JOBS_WITHIN_MS)]);
      // Nothing more is said or heard: the calls are as they are, for whoever takes them up.
      lease.layDown();
      await telephony.stop();
      await succession.stop();
      await desk.retire(owner);
      await facade.stop();
      await bridge.stop();
      await watch.stop();
      await journal.stop();
      await desk.stop();
      await store.stop();
      log.info({ owner }, "kituo is down");
    },
  };
}

/** The agents as the history keeps them. */
function agentsOf({ agents }: Centre) {
  return agents.map((agent) => ({
    id: asAgentId(agent.id),
    name: agent.name,
    extension: agent.extension,
    queues: agent.queues.map(asQueueName),
  }));
}

/** The agents as the desk has them: with their skills. */
function enrolled(agents: ReturnType<typeof agentsOf>, rules: RoutingRules) {
  return agents.map((agent) => ({ ...agent, skills: agentRules(rules, agent.id).skills }));
}

function usersOf(secrets: Secrets) {
  return secrets.users.map((user) => ({
    ...user,
    agent: user.agent === null ? null : asAgentId(user.agent),
  }));
}
