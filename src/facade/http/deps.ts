import type { Agent } from "../../domain/agent.ts";
import type { Centre } from "../../domain/centre.ts";
import type { Parts } from "../../domain/health.ts";
import type { AgentId, CallId } from "../../domain/ids.ts";
import type { Invariant } from "../../domain/invariants.ts";
import type { Drain } from "../../flows/drain.ts";
import type { AudioArchive } from "../../ports/audio.ts";
import type { Board } from "../../ports/board.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Desk, PresenceWish } from "../../ports/desk.ts";
import type { Log } from "../../ports/log.ts";
import type { Store } from "../../ports/store.ts";

/** All that the facade needs of the rest of Kituo. */
export interface FacadeDeps {
  readonly desk: Desk;
  readonly store: Store;
  readonly board: Board;
  readonly archive: AudioArchive;
  readonly clock: Clock;
  readonly log: Log;
  readonly centre: Centre;
  /** What tokens are signed with: at least 32 characters, the same in every process. */
  readonly tokenSecret: string;
  /** From which pages sockets may be opened, besides our own; for example `https://crm.example.com`. */
  readonly origins: readonly string[];
  /** How each part is, as it was seen last: this never waits. */
  parts(): Parts;
  /** How often this process has seen each invariant broken. */
  violations(): Readonly<Record<Invariant, number>>;
  readonly drain: Pick<Drain, "begin" | "state">;
  /** Calls nobody back by this call any more; `false` when nobody is to be called by it. */
  cancelCallback(call: CallId): Promise<boolean>;
  /** Does all that follows from a change of presence (the board, the assignment), not only the change. */
  setPresence(id: AgentId, wish: PresenceWish): Promise<Agent | null>;
}
