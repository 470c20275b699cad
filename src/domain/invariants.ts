import { type Agent, callOf, type Device } from "./agent.ts";
import type { CallState } from "./call.ts";
import type { AgentId, CallId } from "./ids.ts";

/**
 * What holds at any moment. A look at several parts at about one moment can meet a change half way, so only what two
 * looks in a row find is broken.
 *
 * - `agent_in_two_calls`: an agent is offered, or talks in, more than one call.
 * - `reservation_without_call`: an agent is kept for a call that is over.
 * - `call_without_owner`: nobody who is alive looks after a live call.
 * - `phone_state`: what the desk believes of a phone is not what Asterisk says.
 */
export const invariants = [
  "agent_in_two_calls",
  "reservation_without_call",
  "call_without_owner",
  "phone_state",
] as const;
export type Invariant = (typeof invariants)[number];

/** One thing that should not be, by the ids of those it is about. */
export interface Violation {
  readonly invariant: Invariant;
  /** What of it, in a word. */
  readonly detail: string;
  readonly agent: AgentId | null;
  readonly calls: readonly CallId[];
}

/** A live call, and the process that holds it. */
interface HeldCall {
  readonly state: CallState;
  readonly owner: string;
}

/** What is seen of the desk, of the processes and of Asterisk at about one moment. */
export interface Sight {
  readonly agents: readonly Agent[];
  /** Live calls, but for those that are known to have ended and are being cleared away. */
  readonly calls: readonly HeldCall[];
  /** The process that looks: of the calls of others it does not know whether they have just ended. */
  readonly owner: string;
  /** Whether a process that is alive looks after a live call. */
  readonly isHeld: (call: HeldCall) => boolean;
  /** Whether the flow of a call runs in this process, whatever has been written down of it. */
  readonly isRunning: (call: CallId) => boolean;
  /** What Asterisk says of phones, by extension; empty when it cannot be asked. */
  readonly devices: ReadonlyMap<string, Device>;
}

/** Everything in sight that should not be. */
export function violationsIn(sight: Sight): readonly Violation[] {
  const { calls, isHeld } = sight;
  const unheld = calls
    .filter((call) => !isHeld(call))
    .map(({ state }) => violation("call_without_owner", state.stage, null, state.id));
  return [...inTwoCalls(sight), ...keptForNothing(sight), ...unheld, ...phones(sight)];
}

/** Phones that ring or are busy though the desk knows of no call of theirs: for a closer look. */
export function busyForNothing({ agents, devices }: Sight): readonly Agent[] {
  return agents.filter((agent) => {
    const device = devices.get(agent.extension);
    return callOf(agent) === null && (device === "ringing" || device === "busy");
  });
}

/** Agents' channels of ours, each for a call that the desk knows her to be in no more. */
export function forgottenPhones(
  agents: readonly Agent[],
  channels: readonly {
    readonly role: "caller" | "agent" | null;
    readonly extension: string | null;
    readonly call: CallId | null;
  }[],
): readonly Violation[] {
  return agents.flatMap((agent) =>
    channels
      .filter(({ role, extension }) => role === "agent" && extension === agent.extension)
      .filter(({ call }) => call !== null && call !== callOf(agent))
      .map(({ call }) => violation("phone_state", "forgotten", agent.id, call)),
  );
}

/** What tells one violation from another. */
export function keyOf({ invariant, detail, agent, calls }: Violation): string {
  return [invariant, detail, agent, ...calls].join(" ");
}

function inTwoCalls({ agents, calls, owner }: Sight): readonly Violation[] {
  const named = new Map<AgentId, CallId[]>();
  for (const { state, owner: holder } of calls) {
    const { agent, stage, id } = state;
    const isWithHer = holder === owner && (stage === "ringing" || stage === "in_progress");
    if (agent !== null && isWithHer) named.set(agent, [...(named.get(agent) ?? []), id]);
  }
  return agents.flatMap(({ id, reservation, activity }) => {
    const held = new Set(named.get(id));
    if (reservation.is === "offered") held.add(reservation.call);
    if (activity.is === "talking") held.add(activity.call);
    return held.size > 1 ? [violation("agent_in_two_calls", "calls", id, ...[...held].sort())] : [];
  });
}

function keptForNothing({ agents, calls, isRunning }: Sight): readonly Violation[] {
  const live = new Set(calls.map(({ state }) => state.id));
  return agents.flatMap((agent) => {
    const held = callOf(agent);
    if (held === null || live.has(held) || isRunning(held)) return [];
    return [violation("reservation_without_call", agent.activity.is, agent.id, held)];
  });
}

function phones({ agents, devices }: Sight): readonly Violation[] {
  return agents.flatMap(({ id, extension, device, activity }) => {
    const said = devices.get(extension);
    if (said === undefined) return [];
    const found: Violation[] = said === device ? [] : [violation("phone_state", said, id)];
    if (activity.is === "talking" && said === "idle")
      found.push(violation("phone_state", "silent", id, activity.call));
    return found;
  });
}

function violation(
  invariant: Invariant,
  detail: string,
  agent: AgentId | null,
  ...calls: readonly (CallId | null)[]
): Violation {
  return { invariant, detail, agent, calls: calls.filter((call) => call !== null) };
}
