import { z } from "zod";
import type { CallState } from "./call.ts";
import type { AgentId, CallId } from "./ids.ts";

/**
 * Being called back instead of waiting: the caller hangs up and her place in the queue goes on waiting without her. Its
 * turn comes as hers would have come; then an agent and she are brought together.
 */
const milliseconds = (least: number, most: number) => z.int().min(least).max(most);

/** The setting of a queue; the ways that lead to it are in `waiting.ts`. */
export const callbackSchema = z
  .strictObject({
    /** Whose telephone rings first: that of the agent whose turn it is, or, while she is kept free, the caller's. */
    mode: z.enum(["agent-first", "customer-first"]).default("agent-first"),
    /** How often she is called at most, and after how long again when she was not reached. */
    tries: z.int().min(1).max(10).default(3),
    retryAfterMs: milliseconds(5_000, 86_400_000).default(300_000),
    /** How long her telephone rings. */
    ringMs: milliseconds(5_000, 120_000).default(30_000),
    /** Nobody calls her later than this after she has asked for it. */
    withinMs: milliseconds(60_000, 604_800_000).default(14_400_000),
    /**
     * Only numbers that begin like one of these are called, nobody when none is given: whoever forges her number would
     * choose who is called at the centre's expense.
     */
    only: z
      .array(z.string().regex(/^\+\d{0,15}$/, "numbers are written from their + on, like +254"))
      .default([]),
    /** The trunk that she is called over; the first one when none is named. */
    trunk: z.string().optional(),
  })
  .prefault({});
export type CallbackSettings = z.infer<typeof callbackSchema>;

/** Whether a queue calls this number, written as E.164. */
export const callsBack = ({ only }: CallbackSettings, number: string): boolean =>
  only.some((beginning) => number.startsWith(beginning));

/** What a user has said who ordered a call to somebody outside. */
export interface OrderedCall {
  /** The user. */
  readonly by: string;
  /** Whose telephone rings first, at once; `null`: the call waits for its turn in its queue. */
  readonly agent: AgentId | null;
  /** How often she is called at most, 1 to 10. */
  readonly tries: number;
}

/** What is known of a call by which somebody is called back, until she has answered it. */
export interface Callback {
  /** The call in which she asked for it; `null`: a user has ordered it. */
  readonly of: CallId | null;
  /** Our number that she had dialled, and sees when she is called. */
  readonly from: string;
  readonly ordered: OrderedCall | null;
  /** How often her telephone was rung. */
  readonly tries: number;
  /** Since when it rings; `null`: it does not. */
  readonly ringsSince: number | null;
  /** When it was last found that she does not answer. */
  readonly missedAt: number | null;
}

/** Our number that a caller had dialled: in this call, or in the one in which she asked to be called back. */
export const numberDialled = ({ callback, dialled }: Pick<CallState, "callback" | "dialled">) =>
  callback?.from ?? dialled;

/** Whether somebody is to be called back by this call who has not answered yet: nobody is on its line. */
export const isToBeCalled = ({
  callback,
  answeredAt,
  endedAt,
}: Pick<CallState, "callback" | "answeredAt" | "endedAt">): boolean =>
  callback !== null && answeredAt === null && endedAt === null;

/** What comes next for somebody who is to be called back. */
export type NextStep =
  /** Her turn is waited for, this long at most. */
  | { readonly do: "queue"; readonly withinMs: number }
  | { readonly do: "pause"; readonly ms: number }
  | { readonly do: "give_up"; readonly reason: "callback_not_reached" | "callback_expired" };

export function nextStep(
  { callback, startedAt }: Pick<CallState, "callback" | "startedAt">,
  { tries, retryAfterMs, withinMs }: CallbackSettings,
  now: number,
): NextStep {
  if (callback !== null && callback.tries >= (callback.ordered?.tries ?? tries))
    return { do: "give_up", reason: "callback_not_reached" };
  const left = startedAt + withinMs - now;
  if (left <= 0) return { do: "give_up", reason: "callback_expired" };
  const missedAt = callback?.missedAt ?? null;
  const pause = missedAt === null ? 0 : missedAt + retryAfterMs - now;
  return pause > 0 ? { do: "pause", ms: Math.min(pause, left) } : { do: "queue", withinMs: left };
}
