import type { Agent } from "../../domain/agent.ts";
import type { CallState } from "../../domain/call.ts";
import type { Centre } from "../../domain/centre.ts";
import type { Parts } from "../../domain/health.ts";
import type { AgentId, CallId } from "../../domain/ids.ts";
import type { Invariant } from "../../domain/invariants.ts";
import type { Order } from "../../domain/order.ts";
import type { Drain } from "../../flows/drain.ts";
import type { Origination } from "../../flows/originate.ts";
import type { WebhookTeller } from "../../flows/webhooks.ts";
import type { AudioArchive } from "../../ports/audio.ts";
import type { Board } from "../../ports/board.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Desk, PresenceWish } from "../../ports/desk.ts";
import type { Log } from "../../ports/log.ts";
import type { Store } from "../../ports/store.ts";

/** How people get in, as the server's environment says. */
export interface AccessSettings {
  /** How long a token is good that somebody signed in for. */
  readonly tokenMs: number;
  /** With this anybody may register as the agent of an extension; `null`: nobody may. */
  readonly inviteCode: string | null;
}

/** All that the facade needs of the rest of Kituo. */
export interface FacadeDeps {
  readonly desk: Desk;
  readonly store: Store;
  readonly board: Board;
  readonly archive: AudioArchive;
  readonly clock: Clock;
  readonly log: Log;
  readonly centre: Centre;
  /** A number as people write it to E.164; `null` when it is none. */
  e164(number: string): string | null;
  /** What tokens are signed with: at least 32 characters, the same in every process. */
  readonly tokenSecret: string;
  readonly access: AccessSettings;
  /** From which pages sockets may be opened, besides our own; for example `https://crm.example.com`. */
  readonly origins: readonly string[];
  /** How each part is, as it was seen last: this never waits. */
  parts(): Parts;
  /** How often this process has seen each invariant broken. */
  violations(): Readonly<Record<Invariant, number>>;
  readonly drain: Pick<Drain, "begin" | "state">;
  /** Calls nobody back by this call any more; `false` when nobody is to be called by it. */
  cancelCallback(call: CallId): Promise<boolean>;
  /** Has an order carried out, and says what speaks against it: `null`, `gone`, or a reason in words. */
  orderCall(call: CallId, order: Order): Promise<null | "gone" | { readonly refused: string }>;
  /** Begins a call from us to somebody; rejects with a `KituoError` that says why it cannot begin. */
  originate(wish: Origination): Promise<CallState>;
  readonly webhooks: Pick<WebhookTeller, "hasListeners" | "changed" | "tell" | "send">;
  /** Does all that follows from a change of presence (the board, the assignment), not only the change. */
  setPresence(id: AgentId, wish: PresenceWish): Promise<Agent | null>;
}
