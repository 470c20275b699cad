import type { Agent } from "../agent.ts";
import type { AgentId, QueueName } from "../ids.ts";
import type { WaitingCall } from "../queue.ts";
import { Heap } from "./heap.ts";
import { Lane, type Placed } from "./lane.ts";
import { Line, type Ranked } from "./line.ts";
import { compareRanks, needsOf, rankOf } from "./ranking.ts";
import type { Standing } from "./reasons.ts";
import { type AgentRules, agentRules, type RoutingRules } from "./rules.ts";
import { fitness, lacking, nextStep, type SkillNeed, type Skills, stepsPassed } from "./skills.ts";
import { measureOf } from "./strategy.ts";

/** A waiting call with its place. */
export interface PlacedCall extends Ranked {
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
  readonly line: Line<PlacedCall>;
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
  /** What they may take. */
  readonly calls: CallKind[];
  free: number;
}

/** What an agent was when she was free last, which is what she mostly is, and where she stands while she is free. */
interface KnownAgent {
  readonly rules: AgentRules;
  readonly kind: AgentKind;
  readonly skills: Skills;
  /** One for each of her queues; `null` while she is not free. */
  placed: readonly PlacedAgent[] | null;
}

/** Calls of one queue, one language and one reach, by how many steps of patience are gone. */
interface KindsOfCalls {
  readonly needs: readonly SkillNeed[];
  readonly byStep: CallKind[];
}

interface Match {
  readonly placed: PlacedCall;
  readonly agent: Agent;
}

/**
 * Waiting calls and free agents, ordered so that the two that belong together are found without looking at all others.
 * Calls that ask for the same and agents who can do the same are kept together; one match looks at the first of each
 * kind only, so its cost follows the number of kinds: of calls, or those that the agents who are free may take.
 */
export class Matcher {
  readonly #rules: RoutingRules;
  readonly #random: () => number;
  readonly #callKinds: CallKind[] = [];
  /** Those of which somebody waits. */
  readonly #waiting = new Set<CallKind>();
  readonly #kinds = new Map<QueueName, Map<string | null, KindsOfCalls>>();
  readonly #agentKinds = new Map<string, AgentKind>();
  /** Those of whom somebody is free. */
  readonly #free: AgentKind[] = [];
  readonly #agents = new Map<AgentId, KnownAgent>();
  /** Calls by the moment at which something is asked for less. */
  readonly #steps = new Heap<{ readonly at: number; readonly placed: PlacedCall }>(
    (left, right) => left.at < right.at,
  );

  constructor(rules: RoutingRules, random: () => number) {
    this.#rules = rules;
    this.#random = random;
  }

  /** Gives its place, by which it is taken out again. */
  addCall(call: WaitingCall, now: number): PlacedCall {
    const kind = this.#callKind(call, now);
    const { weight, priority, since, id } = rankOf(call, this.#rules);
    const placed: PlacedCall = { weight, priority, since, id, call, row: null, kind };
    this.#put(placed, now);
    return placed;
  }

  /** One that was taken out is not there any more, which is as good. */
  removeCall(placed: PlacedCall): void {
    if (placed.row !== null) this.#take(placed);
  }

  /** She is free from now on. */
  addAgent(agent: Agent): void {
    const known = this.#known(agent);
    const { kind, rules } = known;
    known.placed = kind.lanes.map((lane, index) => {
      const queue = kind.queues[index] as QueueName;
      const measure = measureOf(agent, queue, this.#rules, this.#random, rules);
      const item: PlacedAgent = { agent, measure, lane: null };
      lane.put(item);
      return item;
    });
    kind.free += 1;
    if (kind.free === 1) this.#free.push(kind);
  }

  /** She is free no more. */
  removeAgent(id: AgentId): void {
    const known = this.#agents.get(id);
    if (known !== undefined) this.#remove(known);
  }

  #remove(known: KnownAgent): void {
    const { kind, placed } = known;
    if (placed === null) return;
    placed.forEach((item, index) => kind.lanes[index]?.take(item));
    known.placed = null;
    kind.free -= 1;
    if (kind.free === 0) this.#free.splice(this.#free.indexOf(kind), 1);
  }

  /** The first of all waiting calls that somebody is free for, with her. */
  next(now: number): Match | null {
    this.#advance(now);
    const placed = this.#firstCall();
    const agent = placed === undefined ? null : this.#agentFor(placed);
    return placed === undefined || agent === null ? null : { placed, agent };
  }

  /** Mostly either few agents are free or few calls wait: whoever is fewer is asked for the other. */
  #firstCall(): PlacedCall | undefined {
    let best: PlacedCall | undefined;
    if (this.#free.length < this.#waiting.size) {
      for (const { calls } of this.#free)
        for (const { line } of calls) best = earlier(best, line.first());
    } else {
      for (const { line, takers } of this.#waiting)
        if (takers.some(({ lane }) => !lane.isEmpty)) best = earlier(best, line.first());
    }
    return best;
  }

  /** Where a call stands among all that are left. A walk along those before it. */
  standing(placed: PlacedCall): Standing {
    let place = 1;
    let of = 0;
    for (const { line } of this.#waiting) {
      place += line.before(placed);
      of += line.length;
    }
    return { place, of };
  }

  /** The moment at which the next need is relaxed; until then, nothing changes by itself. */
  nextStepAt(): number | null {
    for (;;) {
      const step = this.#steps.peek();
      if (step === undefined) return null;
      if (step.placed.row !== null) return step.at;
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
    const placed = this.#agents.get(prefers)?.placed;
    return placed?.find((item) => takers.some(({ lane }) => lane === item.lane));
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

  #put(placed: PlacedCall, now: number): void {
    const { kind, call } = placed;
    kind.line.put(placed);
    this.#waiting.add(kind);
    const next = nextStep(kind.needs, now - call.enteredAt);
    if (next !== null) this.#steps.push({ at: call.enteredAt + next, placed });
  }

  #take(placed: PlacedCall): void {
    const { kind } = placed;
    kind.line.take(placed);
    if (kind.line.length === 0) this.#waiting.delete(kind);
  }

  /** Calls whose time for asking less has come become calls of another kind. */
  #advance(now: number): void {
    for (let step = this.#steps.peek(); step !== undefined && step.at <= now; ) {
      this.#steps.pop();
      const { placed } = step;
      if (placed.row !== null) {
        this.#take(placed);
        placed.kind = this.#callKind(placed.call, now);
        this.#put(placed, now);
      }
      step = this.#steps.peek();
    }
  }

  #callKind(call: WaitingCall, now: number): CallKind {
    const { queue, alsoQueues, enteredAt } = call;
    const kinds = this.#kindsOf(call);
    const waitedMs = now - enteredAt;
    const step = stepsPassed(kinds.needs, waitedMs);
    const known = kinds.byStep[step];
    if (known !== undefined) return known;
    const queues = [queue, ...(alsoQueues ?? [])];
    const { needs } = kinds;
    const kind: CallKind = { queues, needs, waitedMs, line: new Line(), takers: [] };
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

  /** What is known of an agent, who stands nowhere any more. */
  #known(agent: Agent): KnownAgent {
    const { id, queues } = agent;
    const last = this.#agents.get(id);
    if (last !== undefined) this.#remove(last);
    const rules = last?.rules ?? agentRules(this.#rules, id);
    const skills = agent.skills ?? rules.skills;
    if (last?.skills === skills && isSame(last.kind.queues, queues)) return last;
    const known: KnownAgent = {
      rules,
      kind: this.#agentKind(queues, skills),
      skills,
      placed: null,
    };
    this.#agents.set(id, known);
    return known;
  }

  #agentKind(queues: readonly QueueName[], skills: Skills): AgentKind {
    const able = Object.entries(skills).map(([skill, level]) => `${skill} ${level}`);
    const key = `${queues.join()}\n${able.sort().join()}`;
    const known = this.#agentKinds.get(key);
    if (known !== undefined) return known;
    const lanes = queues.map(() => new Lane<PlacedAgent>(isBefore));
    const kind: AgentKind = { queues, skills, lanes, calls: [], free: 0 };
    this.#agentKinds.set(key, kind);
    for (const calls of this.#callKinds) bring(calls, kind);
    return kind;
  }
}

function earlier(left: PlacedCall | undefined, right: PlacedCall | undefined) {
  if (left === undefined || right === undefined) return left ?? right;
  return compareRanks(right, left) < 0 ? right : left;
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
  agents.calls.push(calls);
  takers.push({ lane, through, fitness: fitness(agents.skills, needs, waitedMs) });
  takers.sort(compareTakers);
}

/** Negative when the left ones are asked first. */
const compareTakers = (left: Taker, right: Taker): number =>
  left.through - right.through || right.fitness - left.fitness;
