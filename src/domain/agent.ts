import type { AgentId, CallId, QueueName } from "./ids.ts";
import type { Handled } from "./routing/estimate.ts";
import type { Skills } from "./routing/skills.ts";

/** What the agent says of herself. `after_call` is the time to wrap up, and ends by itself. */
export type Presence =
  | { readonly is: "offline" }
  | { readonly is: "available" }
  | { readonly is: "paused"; readonly reason: string }
  | { readonly is: "after_call"; readonly until: number; readonly call: CallId };

/**
 * Whether a call is on its way to her. A lease: an owner that dies loses it at `until`. After an offer that failed
 * (busy, declined, no answer, unreachable) she rests until `until`, so that no call is offered in a tight loop.
 */
export type Reservation =
  | { readonly is: "none" }
  | {
      readonly is: "offered";
      readonly call: CallId;
      readonly until: number;
      /** Another agent whose phone rang for the call has it: hers is being stopped, and no answer counts any more. */
      readonly lost?: true;
    }
  | { readonly is: "resting"; readonly until: number };

/** The reason of a pause that nobody asked for: she let too many offers in a row ring out, or declined them. */
export const notAnswering = "not answering";

/** What she is doing on the telephone as far as Kituo arranged it. */
export type Activity =
  | { readonly is: "none" }
  | {
      readonly is: "talking";
      readonly call: CallId;
      readonly since: number;
      /** The queue that the call waited in; absent on a direct call. */
      readonly queue?: QueueName;
    };

/** What Asterisk says of her telephone. */
export type Device = "unreachable" | "idle" | "ringing" | "busy";

/** What has come to an agent since she was enrolled; no break and no signing out sets it back. */
export interface Tally {
  /** Conversations that have ended and that came from a queue; direct calls are not counted. */
  readonly calls: number;
  /** How long those lasted, in milliseconds. */
  readonly talkMs: number;
  /** When the last offer of each queue was to end, in milliseconds since 1970. */
  readonly offeredAt: Readonly<Record<string, number>>;
  /** How long the calls of each queue take her; absent until the first has ended. */
  readonly handled?: Readonly<Record<string, Handled>>;
}

export const noTally: Tally = { calls: 0, talkMs: 0, offeredAt: {} };

/** An agent at the desk: four separate things that must all agree before she is offered a call. */
export interface Agent {
  readonly id: AgentId;
  readonly extension: string;
  readonly queues: readonly QueueName[];
  /** What she can do, where that was changed while the server ran; else the centre's settings say it. */
  readonly skills?: Skills;
  readonly presence: Presence;
  readonly reservation: Reservation;
  readonly activity: Activity;
  readonly device: Device;
  /** Since when her phone cannot be reached, while it is `unreachable`; milliseconds since 1970. */
  readonly lostAt?: number;
  /** A pause or sign-out asked for during a call or the work after it; takes effect when both have ended. */
  readonly pending: "offline" | "paused" | null;
  /** The last time her presence became available or a call of hers ended; the longest-idle order. */
  readonly idleSince: number;
  readonly tally: Tally;
}

/** The call that she talks in or that is offered to her. */
export function callOf({
  reservation,
  activity,
}: Pick<Agent, "reservation" | "activity">): CallId | null {
  if (activity.is === "talking") return activity.call;
  return reservation.is === "offered" ? reservation.call : null;
}

/** Whether the agent may be offered a call now. */
export function routable(agent: Agent): boolean {
  return (
    agent.presence.is === "available" &&
    agent.reservation.is === "none" &&
    agent.activity.is === "none" &&
    agent.device === "idle"
  );
}

/** A phone that was lost so lately may be back at once: a page was loaded anew, a server or Asterisk was just started. */
const PHONE_BACK_MS = 10_000;

/** When an agent whose phone is lost counts as away, whatever she said; `null` for one whose phone is there. */
export function awayFrom({ device, lostAt = Number.NEGATIVE_INFINITY }: Agent): number | null {
  return device === "unreachable" ? lostAt + PHONE_BACK_MS : null;
}

/** Why an agent is not routable, as one word; `null` when she is. */
export function whyNotRoutable(agent: Agent): string | null {
  if (agent.presence.is !== "available") return agent.presence.is;
  if (agent.reservation.is !== "none") return agent.reservation.is;
  if (agent.activity.is !== "none") return "talking";
  if (agent.device !== "idle") return agent.device;
  return null;
}

/** The API's one word for an agent: a projection of the four parts. */
export type AgentStatus = "available" | "busy" | "on_break" | "offline";

export function statusOf(agent: Agent): AgentStatus {
  if (agent.presence.is === "offline") return "offline";
  if (agent.activity.is === "talking" || agent.reservation.is === "offered") return "busy";
  if (agent.presence.is === "paused") return "on_break";
  if (agent.presence.is === "after_call") return "busy";
  return agent.device === "idle"
    ? "available"
    : agent.device === "unreachable"
      ? "offline"
      : "busy";
}
