import type { Language } from "../domain/call-fact.ts";
import type { Centre } from "../domain/centre.ts";
import type { Menus } from "../domain/ivr.ts";
import type { RoutingRules } from "../domain/routing/rules.ts";
import type { AudioArchive } from "../ports/audio.ts";
import type { Board } from "../ports/board.ts";
import type { Clock } from "../ports/clock.ts";
import type { Desk } from "../ports/desk.ts";
import type { Jobs } from "../ports/jobs.ts";
import type { Journal } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { Store } from "../ports/store.ts";
import type { Telephony } from "../ports/telephony.ts";
import type { WebhookSender } from "../ports/webhooks.ts";
import type { Dispatcher } from "./dispatch.ts";
import type { Lease } from "./lease.ts";
import type { Orders } from "./orders.ts";
import type { Running } from "./running.ts";

/** All that a flow needs of the world, handed to it by `server.ts` or by a test. */
export interface Deps {
  readonly telephony: Telephony;
  readonly desk: Desk;
  readonly jobs: Jobs;
  readonly store: Store;
  readonly journal: Journal;
  readonly archive: AudioArchive;
  readonly board: Board;
  readonly clock: Clock;
  readonly log: Log;
  readonly centre: Centre;
  readonly rules: RoutingRules;
  /** The menus as they stand now; a call keeps the set it began with. */
  readonly menus: () => Menus;
  /** What a prompt says, for the transcript. */
  readonly promptText: (prompt: string, language: Language) => string;
  /** A number as people dial it to E.164, or `null` when it is none. */
  readonly e164: (number: string) => string | null;
  /** This life of this process in the desk: its name, a slash, and what no other life has. */
  readonly owner: string;
  readonly lease: Pick<Lease, "mayAct">;
  readonly running: Running;
  readonly orders: Orders;
  readonly dispatcher: Dispatcher;
  /** Sends what webhooks are told. */
  readonly sender: WebhookSender;
}
