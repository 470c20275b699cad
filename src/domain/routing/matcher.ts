import type { Agent } from "../agent.ts";
import type { AgentId, CallId, QueueName } from "../ids.ts";
import type { WaitingCall } from "../queue.ts";
import { Heap } from "./heap.ts";
import { compareRanks, needsOf, type Rank, rankOf } from "./ranking.ts";
import type { Standing } from "./reasons.ts";
import { type RoutingRules, skillsOf } from "./rules.ts";
import { fitness, lacking, nextStep, type SkillNeed, type Skills, stepsPassed } from "./skills.ts";
import { measureOf } from "./strategy.ts";

/** A thing in one lane of those that are ordered alike; `lane` is `null` once it was taken out of it. */
interface Placed {
  lane: object | null;
}

/** Things of one kind, the first of them at hand; what was taken out is left in the heap until it comes to the top. */
class Lane<Item extends Placed> {
  #heap: Heap<Item>;
  readonly #before: (left: Item, right: Item) => boolean;
  #live = 0;

  constructor(before: (left: Item, right: Item) => boolean) {
    this.#before = before;
    this.#heap = new Heap(before);
  }

  get isEmpty(): boolean {
    return this.#live === 0;
  }

  put(item: Item): void {
    item.lane = this;
    this.#live += 1;
    this.#heap.push(item);
  }

  /** Of an item that is in this lane. */
  take(item: Item): void {
    item.lane = null;
    this.#live -= 1;
    if (this.#heap.size > 2 * this.#live + 64) this.#sweep();
  }

  first(): Item | undefined {
    for (;;) {
      const item = this.#heap.peek();
      if (item === undefined || item.lane === this) return item;
      this.#heap.pop();
    }
  }

  /** The first one of which something holds: a walk along the whole lane. */
  firstOf(holds: (item: Item) => boolean): Item | undefined {
    let found: Item | undefined;
    for (const item of this.#heap.values()) {
      if (item.lane !== this || !holds(item)) continue;
      if (found === undefined || this.#before(item, found)) found = item;
    }
    return found;
  }

  #sweep(): void {
    const live = this.#heap.values().filter((item) => item.lane === this);
    this.#heap = new Heap(this.#before);
    for (const item of live) this.#heap.push(item);
  }
}

interface PlacedCall extends Placed {
  readonly call: WaitingCall;
  readonly rank: Rank;
  kind: CallKind;
}

/** An agent in the order of one of her queues. */
interface PlacedAgent extends Placed {
  readonly agent: Agent;
  readonly measure: number;
}

/** Calls that ask for the same: of one queue, one language, one reach, and as many steps of patience gone. */
interface CallKind {
  /** Whose agents may take them, in the order in which they are asked. */
  readonly queues: readonly QueueName[];
  readonly needs: readonly SkillNeed[];
  /** A wait of the calls of this kind; each gives the same levels. */
  readonly waitedMs: number;
  readonly lane: Lane<PlacedCall>;
  /** Who may take them: agents of the first queue before those of the next, of each the best suited first. */
  readonly takers: Taker[];
}

interface Taker {
  readonly lane: Lane<PlacedAgent>;
  /** Through which of the queues, by its place in their order. */
  readonly through: number;
  readonly fitness: number;
}

/** Agents who can do the same, in the same queues; free ones stand in an order of their own for each queue. */
interface AgentKind {
  readonly queues: readonly QueueName[];
  readonly skills: Skills;
  /** One for each of the queues. */
  readonly lanes: readonly Lane<PlacedAgent>[];
}

/** Calls of one queue, one language and one reach, by how many steps of patience are gone. */
interface KindsOfCalls {
  readonly needs: readonly SkillNeed[];
  readonly byStep: CallKind[];
}

interface Match {
  readonly call: WaitingCall;
  readonly agent: Agent;
}

/**
 * Waiting calls and free agents, ordered so that the two that belong together are found without looking at all others.
 * Calls that ask for the same and agents who can do the same are kept together; one match looks at the first of each
 * kind only, so its cost follows the number of kinds and the logarithm of how many there are of one.
 */
export class Matcher {
  readonly #rules: RoutingRules;
  readonly #random: () => number;
  readonly #callKinds: CallKind[] = [];
  readonly #kinds = new Map<QueueName, Map<string | null, KindsOfCalls>>();
  readonly #agentKinds = new Map<string, AgentKind>();
  /** What an agent was when she was free last, which is what she mostly is. */
  readonly #lastKinds = new Map<AgentId, { readonly kind: AgentKind; readonly skills: Skills }>();
  readonly #calls = new Map<CallId, PlacedCall>();
  readonly #agents = new Map<
    AgentId,
    { readonly kind: AgentKind; readonly placed: PlacedAgent[] }
  >();
  /** Calls by the moment at which something is asked for less. */
  readonly #steps = new Heap<{ readonly at: number; readonly placed: PlacedCall }>(
    (left, right) => left.at < right.at,
  );

  constructor(rules: RoutingRules, random: () => number) {
    this.#rules = rules;
    this.#random = random;
  }

  addCall(call: WaitingCall, now: number): void {
    this.removeCall(call.call);
    const kind = this.#callKind(call, now);
    const placed: PlacedCall = { call, rank: rankOf(call, this.#rules), kind, lane: null };
    this.#calls.set(call.call, placed);
    kind.lane.put(placed);
    this.#awaitStep(placed, now);
  }

  removeCall(id: CallId): void {
    const placed = this.#calls.get(id);
    if (placed === undefined) return;
    this.#calls.delete(id);
    placed.kind.lane.take(placed);
  }

  /** She is free from now on. */
  addAgent(agent: Agent): void {
    this.removeAgent(agent.id);
    const kind = this.#agentKind(agent);
    const placed = kind.lanes.map((lane, index) => {
      const queue = kind.queues[index] as QueueName;
      const measure = measureOf(agent, queue, this.#rules, this.#random);
      const item: PlacedAgent = { agent, measure, lane: null };
      lane.put(item);
      return item;
    });
    this.#agents.set(agent.id, { kind, placed });
  }

  /** She is free no more. */
  removeAgent(id: AgentId): void {
    const known = this.#agents.get(id);
    if (known === undefined) return;
    this.#agents.delete(id);
    known.placed.forEach((item, index) => known.kind.lanes[index]?.take(item));
  }

  /** The first of all waiting calls that somebody is free for, with her. */
  next(now: number): Match | null {
    this.#advance(now);
    let best: PlacedCall | undefined;
    for (const { lane, takers } of this.#callKinds) {
      const first = lane.first();
      if (first === undefined) continue;
      if (best !== undefined && compareRanks(best.rank, first.rank) < 0) continue;
      if (takers.some((taker) => !taker.lane.isEmpty)) best = first;
    }
    const agent = best === undefined ? null : this.#agentFor(best);
    return best === undefined || agent === null ? null : { call: best.call, agent };
  }

  /** Where a call stands among all that are left. A walk along all of them. */
  standing(id: CallId): Standing {
    const hers = this.#calls.get(id)?.rank;
    let place = 1;
    for (const { rank } of this.#calls.values())
      if (hers !== undefined && compareRanks(rank, hers) < 0) place += 1;
    return { place, of: this.#calls.size };
  }

  /** The moment at which the next need is relaxed; until then, nothing changes by itself. */
  nextStepAt(): number | null {
    for (;;) {
      const step = this.#steps.peek();
      if (step === undefined) return null;
      if (step.placed.lane !== null) return step.at;
      this.#steps.pop();
    }
  }

  /**
   * The agent who served the caller last, if she is free; else the best. One who let the call ring out is asked again
   * only when no other is free.
   */
  #agentFor({ call, kind }: PlacedCall): Agent | null {
    const best =
      this.#preferred(call, kind) ?? this.#best(kind, call.passedBy) ?? this.#best(kind, []);
    return best?.agent ?? null;
  }

  #preferred({ prefers, passedBy }: WaitingCall, { takers }: CallKind): PlacedAgent | undefined {
    if (prefers === undefined || passedBy.includes(prefers)) return undefined;
    const { placed = [] } = this.#agents.get(prefers) ?? {};
    return placed.find((item) => takers.some(({ lane }) => lane === item.lane));
  }

  /**
   * The free agent, none of `passed`, who suits best; of those who suit equally, the first by the queue's strategy. Whoever
   * serves the call's own queue comes before those of queues that were added.
   */
  #best({ takers }: CallKind, passed: readonly AgentId[]): PlacedAgent | undefined {
    let best: PlacedAgent | undefined;
    let chosen: Taker | undefined;
    for (const taker of takers) {
      const { lane } = taker;
      if (chosen !== undefined && compareTakers(chosen, taker) < 0) break;
      const first =
        passed.length === 0
          ? lane.first()
          : lane.firstOf(({ agent }) => !passed.includes(agent.id));
      if (first === undefined || (best !== undefined && !isBefore(first, best))) continue;
      best = first;
      chosen = taker;
    }
    return best;
  }

  /** Calls whose time for asking less has come become calls of another kind. */
  #advance(now: number): void {
    for (let step = this.#steps.peek(); step !== undefined && step.at <= now; ) {
      this.#steps.pop();
      const { placed } = step;
      if (placed.lane !== null) {
        placed.kind.lane.take(placed);
        placed.kind = this.#callKind(placed.call, now);
        placed.kind.lane.put(placed);
        this.#awaitStep(placed, now);
      }
      step = this.#steps.peek();
    }
  }

  #awaitStep(placed: PlacedCall, now: number): void {
    const { enteredAt } = placed.call;
    const next = nextStep(placed.kind.needs, now - enteredAt);
    if (next !== null) this.#steps.push({ at: enteredAt + next, placed });
  }

  #callKind(call: WaitingCall, now: number): CallKind {
    const { queue, alsoQueues, enteredAt } = call;
    const kinds = this.#kindsOf(call);
    const waitedMs = now - enteredAt;
    const step = stepsPassed(kinds.needs, waitedMs);
    const known = kinds.byStep[step];
    if (known !== undefined) return known;
    const lane = new Lane<PlacedCall>((left, right) => compareRanks(left.rank, right.rank) < 0);
    const queues = [queue, ...(alsoQueues ?? [])];
    const kind: CallKind = { queues, needs: kinds.needs, waitedMs, lane, takers: [] };
    kinds.byStep[step] = kind;
    this.#callKinds.push(kind);
    for (const agents of this.#agentKinds.values()) bring(kind, agents);
    return kind;
  }

  /** The kinds of calls that ask for the same at first. */
  #kindsOf(call: WaitingCall): KindsOfCalls {
    const { queue, language, widened, alsoQueues } = call;
    const ofQueue = this.#kinds.get(queue) ?? new Map<string | null, KindsOfCalls>();
    if (ofQueue.size === 0) this.#kinds.set(queue, ofQueue);
    // What most calls ask for costs no text to be made.
    const usual = widened === undefined && alsoQueues === undefined;
    const key = usual ? language : [language, widened, ...(alsoQueues ?? [])].join();
    const known = ofQueue.get(key);
    if (known !== undefined) return known;
    const kinds: KindsOfCalls = { needs: needsOf(call, this.#rules), byStep: [] };
    ofQueue.set(key, kinds);
    return kinds;
  }

  #agentKind(agent: Agent): AgentKind {
    const { id, queues } = agent;
    const skills = skillsOf(this.#rules, agent);
    const last = this.#lastKinds.get(id);
    if (last?.skills === skills && isSame(last.kind.queues, queues)) return last.kind;
    const able = Object.entries(skills).map(([skill, level]) => `${skill} ${level}`);
    const key = `${queues.join()}\n${able.sort().join()}`;
    const known = this.#agentKinds.get(key);
    const kind = known ?? this.#newAgentKind(queues, skills);
    this.#agentKinds.set(key, kind);
    this.#lastKinds.set(id, { kind, skills });
    return kind;
  }

  #newAgentKind(queues: readonly QueueName[], skills: Skills): AgentKind {
    const lanes = queues.map(() => new Lane<PlacedAgent>(isBefore));
    const kind: AgentKind = { queues, skills, lanes };
    for (const calls of this.#callKinds) bring(calls, kind);
    return kind;
  }
}

const isSame = (left: readonly QueueName[], right: readonly QueueName[]): boolean =>
  left === right ||
  (left.length === right.length && left.every((queue, index) => queue === right[index]));

const isBefore = (left: PlacedAgent, right: PlacedAgent): boolean =>
  left.measure < right.measure ||
  (left.measure === right.measure && left.agent.extension < right.agent.extension);

/** Notes of a new kind of calls or agents whether the one may take the other. */
function bring(calls: CallKind, agents: AgentKind): void {
  const { needs, waitedMs, queues, takers } = calls;
  const through = queues.findIndex((queue) => agents.queues.includes(queue));
  const lane = agents.lanes[agents.queues.findIndex((queue) => queue === queues[through])];
  if (lane === undefined || lacking(agents.skills, needs, waitedMs) !== null) return;
  takers.push({ lane, through, fitness: fitness(agents.skills, needs, waitedMs) });
  takers.sort(compareTakers);
}

/** Negative when the left ones are asked first. */
const compareTakers = (left: Taker, right: Taker): number =>
  left.through - right.through || right.fitness - left.fitness;
