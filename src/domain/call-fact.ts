import type { OrderedCall } from "./callback.ts";
import type { AgentId, BridgeId, CallId, ChannelId, QueueName } from "./ids.ts";

/** Languages a caller can choose; each has a catalogue under `prompts/`. */
export const languages = ["en", "sw", "ar"] as const;
export type Language = (typeof languages)[number];

export type Direction = "inbound" | "internal" | "outbound";

/** How a call ended, in five classes that reports, alerts and tests are written on. */
export type EndingResult = "completed" | "abandoned" | "unserved" | "refused" | "failed";

/** Who ended it. */
export type EndingParty = "caller" | "agent" | "system";

/**
 * Every call ends exactly once, with one of these.
 *
 * - `completed`: the caller got what the call was for (talked to somebody, left a message, was served by the menu, is
 *   going to be called back).
 * - `abandoned`: the caller hung up while in the menu, waiting or ringing.
 * - `unserved`: Kituo could not serve (nobody signed in and no message left, wait too long).
 * - `refused`: the other side said no (busy, declined, unknown extension).
 * - `failed`: something broke; `reason` names it.
 */
export interface Ending {
  readonly result: EndingResult;
  /** A short slug: `talked`, `left_message`, `hung_up_in_menu`, `hung_up_waiting`, `hung_up_ringing`, ... */
  readonly reason: string;
  readonly by: EndingParty;
}

/** How one offer of a call to an agent ended. */
export type OfferOutcome =
  | "answered"
  | "no_answer"
  | "busy"
  | "declined"
  | "unreachable"
  | "caller_left"
  /** Another agent whose phone rang for the same call was quicker. */
  | "answered_elsewhere";

/** A phone that rings for a call. */
export interface RingingPhone {
  readonly agent: AgentId;
  readonly extension: string;
  /** Since when. */
  readonly at: number;
}

/** Somebody outside who is rung for a call, or talks in it. */
export interface Forward {
  readonly number: string;
  /** The trunk of `kituo.yaml` over which she is called. */
  readonly trunk: string;
  /** Why she did not answer; `null` while she is rung, and when she has answered. */
  readonly outcome: OfferOutcome | null;
}

/**
 * One fact about a call. A call appends these, numbered from 1; its state is their fold (`apply`). Facts feed the
 * desk, the store, the live sockets and the reports. They never drive.
 */
export type CallFact =
  | {
      readonly type: "started";
      readonly direction: Direction;
      /** E.164, an extension, or empty when the caller withheld it. */
      readonly caller: string;
      readonly callerName: string;
      /** What was dialled, as the dialplan saw it. */
      readonly dialled: string;
      readonly channel: ChannelId;
      /** Where somebody is called: the call in which she asked for it, or who has ordered it; and the number she sees. */
      readonly callback?: {
        readonly of: CallId | null;
        readonly from: string;
        readonly ordered?: OrderedCall;
      };
    }
  | { readonly type: "answered" }
  | { readonly type: "language_chosen"; readonly language: Language }
  | { readonly type: "menu_entered"; readonly menu: string; readonly prompts: readonly string[] }
  | { readonly type: "key_pressed"; readonly menu: string; readonly key: string }
  | {
      readonly type: "queued";
      readonly queue: QueueName;
      readonly priority: number;
      /** From when her wait counts, told of a call's first queue: the desk's time of entry, which she may have had before. */
      readonly since?: number;
      /** What the queue had done for her before, where her wait began in another call. */
      readonly done?: {
        readonly widened: boolean;
        readonly alsoQueues?: readonly QueueName[];
        readonly overflowed: readonly number[];
      };
    }
  | { readonly type: "position_told"; readonly queue: QueueName; readonly position: number }
  /** How long the caller was told that it may take yet. */
  | { readonly type: "estimate_told"; readonly queue: QueueName; readonly estimateMs: number }
  /** A step of the queue's overflow was taken, by its place in the list, and what the call is by it. */
  | {
      readonly type: "overflowed";
      readonly queue: QueueName;
      readonly step: number;
      readonly priority: number;
      readonly widened: boolean;
      /** Further queues whose agents may take the call, where there are any. */
      readonly alsoQueues?: readonly QueueName[];
    }
  | { readonly type: "left_queue"; readonly queue: QueueName; readonly why: string }
  /** A user, `by`, has her taken to a queue, and to one agent before all others where one is named (`Order`). */
  | {
      readonly type: "moved";
      readonly how: "routed" | "transferred";
      readonly queue: QueueName;
      readonly agent: AgentId | null;
      readonly by: string;
    }
  /** She is going to be called back, by that call; it may be one that she had asked for before. */
  | { readonly type: "callback_requested"; readonly queue: QueueName; readonly by: CallId }
  /** Her telephone rings: she is called back. */
  | { readonly type: "customer_dialled"; readonly number: number }
  /** She did not answer, or, `caller_left`, the agent who was to talk to her has left before. */
  | { readonly type: "customer_missed"; readonly outcome: OfferOutcome }
  | {
      readonly type: "offered";
      readonly agent: AgentId;
      readonly extension: string;
      /** Absent on a direct call. */
      readonly queue?: QueueName;
      /** Why this agent got this call, one sentence a step. */
      readonly reasons: readonly string[];
    }
  | { readonly type: "offer_ended"; readonly agent: AgentId; readonly outcome: OfferOutcome }
  | {
      readonly type: "connected";
      readonly agent: AgentId;
      readonly extension: string;
      readonly bridge: BridgeId;
      readonly channel: ChannelId;
    }
  /** She has left the queue, and somebody outside is rung for her. */
  | {
      readonly type: "forwarded";
      readonly queue: QueueName;
      readonly number: string;
      readonly trunk: string;
    }
  /** Nobody outside has answered, and she is taken elsewhere. */
  | { readonly type: "forward_ended"; readonly outcome: OfferOutcome }
  /** Somebody outside has answered, and they talk. */
  | {
      readonly type: "connected_outside";
      readonly bridge: BridgeId;
      readonly channel: ChannelId;
    }
  | { readonly type: "recording_started"; readonly recording: string }
  | { readonly type: "recording_ended"; readonly recording: string; readonly durationMs: number }
  | { readonly type: "voicemail_started"; readonly queue: QueueName; readonly why: string }
  | {
      readonly type: "voicemail_left";
      readonly queue: QueueName;
      readonly recording: string;
      readonly durationMs: number;
    }
  /** Her agent has hung up, and she is asked how it was. */
  | { readonly type: "survey_started"; readonly queue: QueueName; readonly agent: AgentId }
  | {
      readonly type: "survey_answered";
      readonly queue: QueueName;
      readonly agent: AgentId;
      /** 1 (bad) to 5 (good). */
      readonly rating: number;
    }
  /** Another life of the server, or another server, has taken the call up where it was. */
  | { readonly type: "adopted"; readonly by: string; readonly from: string }
  /** No server wound the dead-man's switch: the dialplan holds the caller, with music, then queues her natively. */
  | { readonly type: "released" }
  /** A phone answered her in the native queue. */
  | {
      readonly type: "answered_natively";
      readonly agent: AgentId | null;
      readonly extension: string;
    }
  | { readonly type: "ended"; readonly ending: Ending };

export type CallEvent = CallFact & {
  readonly call: CallId;
  /** 1, 2, 3, ... within the call, no gaps. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
};
