/** Calls that come at random at a steady rate, with times to handle them and patience that are exponential. */
export interface Traffic {
  readonly callsPerHour: number;
  /** How long a call keeps an agent on average: talk and after-call work. */
  readonly handleMs: number;
  /** How long callers wait on average before they hang up; `null`: for ever. */
  readonly patienceMs: number | null;
}

/** What is wanted: this share of all callers is answered within so long. */
export interface Target {
  /** From 0 to 1. */
  readonly share: number;
  readonly withinMs: number;
}

/** How a queue does. Shares are of all who call, whether they are answered or hang up. */
export interface Measures {
  /** Who are not answered at once. */
  readonly waits: number;
  /** Who hang up before they are answered. */
  readonly abandons: number;
  /** Who are answered within the target's time: the service level. */
  readonly inTime: number;
  /** The mean wait of those who are answered: the average speed of answer. */
  readonly answerMs: number;
  /** The mean wait of all. */
  readonly waitMs: number;
  /** The share of their time that agents are busy. */
  readonly occupancy: number;
}

const HOUR_MS = 3_600_000;
/** States this many times less likely than the likeliest, as a logarithm, count for nothing in a double. */
const NEGLIGIBLE = 40;

/** How many agents the calls would keep busy all the time, in erlangs. */
export const loadOf = ({ callsPerHour, handleMs }: Traffic): number =>
  (callsPerHour * handleMs) / HOUR_MS;

/**
 * What theory expects of this traffic with so many agents who all take every call, first come first served: Erlang C
 * (M/M/c) when callers wait for ever, Erlang A (M/M/c+M, Palm) when they do not.
 */
export function expected(traffic: Traffic, agents: number, withinMs: number): Measures {
  const { patienceMs } = traffic;
  return patienceMs === null
    ? erlangC(traffic, agents, withinMs)
    : erlangA({ ...traffic, patienceMs }, agents, withinMs);
}

/** The fewest agents with whom theory expects the target to be met. */
export function agentsFor(traffic: Traffic, { share, withinMs }: Target): number {
  const isMet = (agents: number) => expected(traffic, agents, withinMs).inTime >= share;
  let above = Math.max(1, Math.ceil(loadOf(traffic)));
  while (!isMet(above)) above *= 2;
  let below = 0;
  while (above - below > 1) {
    const middle = (above + below) >> 1;
    if (isMet(middle)) above = middle;
    else below = middle;
  }
  return above;
}

/** Erlang's loss formula, by the recursion that never leaves 0 to 1: the share of time that all agents are busy. */
export function erlangB(load: number, agents: number): number {
  let busy = 1;
  for (let agent = 1; agent <= agents; agent += 1) busy = (load * busy) / (agent + load * busy);
  return busy;
}

function erlangC(traffic: Traffic, agents: number, withinMs: number): Measures {
  const load = loadOf(traffic);
  if (load >= agents) {
    // The queue grows without end.
    const never = Number.POSITIVE_INFINITY;
    return { waits: 1, abandons: 0, inTime: 0, answerMs: never, waitMs: never, occupancy: 1 };
  }
  const lost = erlangB(load, agents);
  const occupancy = load / agents;
  const waits = lost / (1 - occupancy * (1 - lost));
  /** A caller who waits does so for an exponential time of this rate. */
  const rate = (agents - load) / traffic.handleMs;
  const waitMs = waits / rate;
  const inTime = 1 - waits * Math.exp(-rate * withinMs);
  return { waits, abandons: 0, inTime, answerMs: waitMs, waitMs, occupancy };
}

/**
 * The chain of states "all are busy and k wait", each weighed against the likeliest. A caller who finds k waiting is
 * served after k + 1 exponential times of the rates `serve + k * leave` down to `serve`, if her patience lasts. With
 * V the sum of them, e^(-leave V) has a beta distribution, which gives the waits in sums of positive terms only.
 */
function erlangA(
  traffic: Traffic & { readonly patienceMs: number },
  agents: number,
  withinMs: number,
): Measures {
  const arrive = traffic.callsPerHour / HOUR_MS;
  const serve = agents / traffic.handleMs;
  const leave = 1 / traffic.patienceMs;
  const weights = weightsOf(arrive, serve, leave);
  const late = lateAfter(serve, leave, withinMs);
  let all = 0;
  let queue = 0;
  let answeredInTime = 0;
  /** Of callers who are answered after waiting: the sum of their waits. */
  let answeredWaits = 0;
  let wait = 0;
  weights.forEach((weight, waiting) => {
    const rate = serve + (waiting + 1) * leave;
    const answered = (weight * serve) / rate;
    wait += 1 / rate;
    all += weight;
    queue += weight * waiting;
    answeredWaits += answered * wait;
    answeredInTime += answered * (1 - late.next());
  });
  const free = (1 / erlangB(loadOf(traffic), agents) - 1) * (weights[0] ?? 1);
  const waits = all / (all + free);
  const scale = waits / all;
  const waitMs = (queue * scale) / arrive;
  const abandons = waitMs * leave;
  return {
    waits,
    abandons,
    inTime: 1 - waits + answeredInTime * scale,
    answerMs: (answeredWaits * scale) / (1 - abandons),
    waitMs,
    // Nobody is busy for more than all of her time, but a sum of a million states may say so by a billionth.
    occupancy: Math.min(1, (arrive * (1 - abandons)) / serve),
  };
}

/** How likely it is that 0, 1, 2 ... wait while all agents are busy, against the likeliest of these. */
function weightsOf(arrive: number, serve: number, leave: number): readonly number[] {
  const logs = [0];
  let last = 0;
  let top = 0;
  for (let waiting = 1; ; waiting += 1) {
    const ratio = Math.log(arrive / (serve + waiting * leave));
    last += ratio;
    top = Math.max(top, last);
    if (ratio < 0 && last < top - NEGLIGIBLE) break;
    logs.push(last);
  }
  return logs.map((log) => Math.exp(log - top));
}

/**
 * For callers who found 0, 1, 2 ... waiting and are answered, one after another: the share of them who wait longer than
 * `withinMs`. It is the incomplete beta function I(a, b) of x = e^(-leave t), a = serve / leave + 1, b = 1, 2, 3 ...; each
 * follows from the one before, in logarithms because x^a may be too small for a double.
 */
function lateAfter(serve: number, leave: number, withinMs: number): { next(): number } {
  const a = serve / leave + 1;
  const logPower = -(serve + leave) * withinMs;
  const rest = -Math.expm1(-leave * withinMs);
  let late = 0;
  let step = logPower;
  let b = 0;
  return {
    next: () => {
      late = Math.min(1, late + Math.exp(step));
      step += Math.log((rest * (a + b)) / (b + 1));
      b += 1;
      return late;
    },
  };
}
