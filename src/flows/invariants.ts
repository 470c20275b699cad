import type { Device } from "../domain/agent.ts";
import type { AgentId, CallId } from "../domain/ids.ts";
import {
  busyForNothing,
  forgottenPhones,
  type Invariant,
  keyOf,
  type Sight,
  type Violation,
  violationsIn,
} from "../domain/invariants.ts";
import { noteDevice } from "./agents.ts";
import type { Deps } from "./deps.ts";
import { freeWhatNobodyHolds } from "./ghosts.ts";

/** How often it is looked. What is found twice is put right at once: within twice this and a little. */
const LOOK_EVERY_MS = 2_000;
/**
 * What is found twice is looked at once more, so much later: a phone that changes just as it is looked at, twice in a
 * row, is no fault.
 */
const SURE_AFTER_MS = 200;
/** What could not be put right is tried again after so long. */
const AGAIN_AFTER_MS = 10_000;

/**
 * Looks again and again whether what must hold does, counts what does not, tells the log of each once, and puts right
 * what can be. A look asks the desk for its live calls and Asterisk for the states of phones; Asterisk is asked for all
 * its channels only when something is wrong. What a living flow holds is never taken from it.
 */
export class InvariantWatch {
  readonly #deps: Deps;
  readonly #alive: () => ReadonlySet<string>;
  readonly #stopped = new AbortController();
  readonly #counts: Record<Invariant, number> = {
    agent_in_two_calls: 0,
    reservation_without_call: 0,
    call_without_owner: 0,
    phone_state: 0,
  };
  /** What the look before found. */
  #seen: ReadonlySet<string> = new Set();
  /** What is broken and was told. */
  #told: ReadonlySet<string> = new Set();
  /** Whose phone was busy at the look before, and who of them has a call that is none of ours. */
  #busy: ReadonlySet<AgentId> = new Set();
  readonly #explained = new Set<AgentId>();
  /** Calls that have ended here and may be live at the desk for another moment. */
  readonly #over = new Set<CallId>();
  #unsubscribe: () => void = () => undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #watching: Promise<void> = Promise.resolve();

  constructor(deps: Deps, alive: () => ReadonlySet<string>) {
    this.#deps = deps;
    this.#alive = alive;
  }

  start(): void {
    this.#unsubscribe = this.#deps.board.subscribe((told) => {
      if (told.type === "call" && told.event.type === "ended") this.#over.add(told.event.call);
    });
    this.#watching = this.#watch();
  }

  /** A look under way ends first. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#unsubscribe();
    await this.#watching;
  }

  /** How often each invariant was found broken since the start. */
  counts(): Readonly<Record<Invariant, number>> {
    return this.#counts;
  }

  async #watch(): Promise<void> {
    const { clock, log } = this.#deps;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await clock.sleep(LOOK_EVERY_MS, signal);
        await this.#look();
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error }, "the invariants could not be looked at");
      }
    }
  }

  async #look(): Promise<void> {
    const { clock, desk } = this.#deps;
    // While Redis is away each process sees its own part only.
    if ((await desk.health()) === "down") return this.#forget();
    const sight = await this.#see();
    const found = violationsIn(sight);
    const broken = await this.#stillSo(found.filter((each) => this.#seen.has(keyOf(each))));
    broken.push(...(await this.#forgotten(sight)));
    const news = broken.filter((each) => !this.#told.has(keyOf(each)));
    for (const each of news) this.#tell(each);
    this.#seen = new Set(found.map(keyOf));
    this.#told = new Set(broken.map(keyOf));
    const isDue = clock.now() - this.#triedAt >= AGAIN_AFTER_MS;
    if (news.length === 0 && (broken.length === 0 || !isDue)) return;
    this.#triedAt = clock.now();
    await this.#putRight(broken, sight);
  }

  async #stillSo(doubtful: readonly Violation[]): Promise<Violation[]> {
    if (doubtful.length === 0) return [];
    await this.#deps.clock.sleep(SURE_AFTER_MS, this.#stopped.signal);
    const now = new Set(violationsIn(await this.#see()).map(keyOf));
    return doubtful.filter((each) => now.has(keyOf(each)));
  }

  async #see(): Promise<Sight> {
    const { desk, owner, running, telephony } = this.#deps;
    const devices: ReadonlyMap<string, Device> =
      telephony.health() === "up" ? await telephony.devices() : new Map();
    // Agents before calls: a call is live before an agent is kept for it.
    const { agents } = await desk.view();
    const over = new Set(this.#over);
    const live = await desk.liveCalls();
    const ids = new Set(live.map(({ state }) => state.id));
    for (const id of over) if (!ids.has(id)) this.#over.delete(id);
    const alive = this.#alive();
    return {
      agents,
      calls: live.filter(({ state }) => !this.#over.has(state.id)),
      owner,
      devices,
      isRunning: (call) => running.has(call),
      isHeld: ({ state, owner: holder }) => {
        // The dialplan has her, and offers her again or tells how she ended.
        if (state.stage === "fallback") return true;
        return holder === owner ? running.has(state.id) : alive.has(holder);
      },
    };
  }

  /** Phones that were busy for nothing twice: whether one of our own channels is the reason. */
  async #forgotten(sight: Sight): Promise<readonly Violation[]> {
    const busy = busyForNothing(sight);
    const now = new Set(busy.map(({ id }) => id));
    for (const id of this.#explained) if (!now.has(id)) this.#explained.delete(id);
    const doubtful = busy.filter(({ id }) => this.#busy.has(id) && !this.#explained.has(id));
    this.#busy = now;
    if (doubtful.length === 0) return [];
    const { channels } = await this.#deps.telephony.survey();
    const found = forgottenPhones(doubtful, channels);
    for (const { id } of doubtful)
      if (!found.some(({ agent }) => agent === id)) this.#explained.add(id);
    return found;
  }

  /** Says that an invariant does not hold. */
  #tell({ invariant, detail, agent, calls }: Violation): void {
    this.#counts[invariant] += 1;
    this.#deps.log.error({ invariant, detail, agent, calls }, "an invariant does not hold");
  }

  async #putRight(broken: readonly Violation[], { agents, calls, devices }: Sight): Promise<void> {
    const { desk, telephony } = this.#deps;
    let isLost = false;
    for (const { invariant, detail, agent: id } of broken) {
      const agent = agents.find((each) => each.id === id);
      const call = calls.find(({ state }) => state.agent === id && state.stage === "in_progress");
      const device = agent === undefined ? undefined : devices.get(agent.extension);
      if (invariant !== "phone_state" || detail === "forgotten") isLost = true;
      else if (detail === "silent") {
        const channel = call?.state.agentChannel ?? null;
        if (channel !== null) await telephony.recheck(channel);
      } else if (agent !== undefined && device !== undefined) {
        noteDevice({ extension: agent.extension, device }, this.#deps);
      }
    }
    if (!isLost || telephony.health() === "down") return;
    const [survey, natives] = await Promise.all([telephony.survey(), telephony.nativeCalls()]);
    if ((await desk.health()) === "down") return;
    await freeWhatNobodyHolds(survey, natives, this.#alive(), this.#deps);
  }

  #forget(): void {
    this.#seen = new Set();
    this.#told = new Set();
    this.#busy = new Set();
  }
}
