import type { QueueSettings } from "../domain/centre.ts";
import type { AgentId } from "../domain/ids.ts";
import type { Assignment } from "../domain/routing/assign.ts";
import type { Inbox } from "../ports/inbox.ts";
import type { DialledLeg, HangupCause } from "../ports/telephony.ts";
import type { Call } from "./call.ts";
import type { Notice } from "./dispatch.ts";
import {
  freeAgent,
  type Meanwhile,
  type Met,
  meet,
  offerOf,
  outcomeOf,
  type Rung,
  startRinging,
} from "./offer.ts";
import type { Scope } from "./scope.ts";
import type { WayOut } from "./way-out.ts";

/** What a waiting call hears: of the dispatcher, and of the phones that ring for it. */
export type Heard =
  | Notice
  /** She has pressed a key that leads out of the queue, or a rule of it takes her elsewhere. */
  | { readonly type: "leaves"; readonly by: "rule" | "key" }
  | {
      readonly type: "phone_told";
      readonly leg: DialledLeg;
      readonly said: "answered" | HangupCause;
    };

/** How several phones that rang for one call came out. */
type Outcome = Met | "not_answered" | "lost";

/** What ringing several phones needs of the wait around it. */
interface Wait {
  readonly settings: QueueSettings;
  readonly heard: Inbox<Heard>;
  readonly caller: Meanwhile;
  readonly wayOut: WayOut;
  /** The longest wait may be over: if it is, the way out is taken. */
  tooLong(): Promise<void>;
}

/**
 * Rings agents whom the dispatcher reserves, beside one another, until one of them answers: the desk gives the call to
 * the first, and the phones of the others stop as answered elsewhere. More of them may be reserved all the time. The
 * answers are those of `offerCall`.
 */
export async function offerSeveral(
  call: Call,
  scope: Scope,
  first: Assignment,
  wait: Wait,
): Promise<Outcome> {
  return await scope.child(async (ringing) => {
    const phones = new Phones(call, ringing, wait);
    phones.offer(first);
    return await phones.untilAnswered();
  });
}

/** Goes on with the offers that an earlier life of the call had begun. */
export async function offerSeveralAgain(call: Call, scope: Scope, wait: Wait): Promise<Outcome> {
  // A state that an earlier version kept has no list: then one phone rang.
  const { ringing } = call.record.state;
  const before = ringing.length > 0 ? ringing : [offerOf(call, wait.settings)];
  return await scope.child(async (ringing) => {
    const phones = new Phones(call, ringing, wait);
    for (const { agent: each, extension: at } of before) await phones.goOn(each, at);
    return phones.areQuiet ? "lost" : await phones.untilAnswered();
  });
}

/** The phones that ring for a call just now. */
class Phones {
  readonly #call: Call;
  readonly #scope: Scope;
  readonly #wait: Wait;
  readonly #ringing = new Map<DialledLeg, Rung>();

  constructor(call: Call, scope: Scope, wait: Wait) {
    this.#call = call;
    this.#scope = scope;
    this.#wait = wait;
  }

  get areQuiet(): boolean {
    return this.#ringing.size === 0;
  }

  offer({ agent, extension, queue, reasons }: Assignment): void {
    this.#call.record.note({ type: "offered", agent, extension, queue, reasons });
    this.#ring(agent, extension);
  }

  /** With a phone that was found, or without: then it has given up. */
  async goOn(agent: AgentId, extension: string): Promise<void> {
    const { found, others, record } = this.#call;
    const legs = found === null ? others : [found, ...others];
    const isThere = legs.some(
      ({ entry }) => entry.from === "extension" && entry.extension === extension,
    );
    if (isThere) return this.#ring(agent, extension);
    await freeAgent(this.#call, { agent, extension, ...this.#wait.settings }, "no_answer");
    record.note({ type: "offer_ended", agent, outcome: "no_answer" });
  }

  async untilAnswered(): Promise<Outcome> {
    const { heard, caller } = this.#wait;
    for (;;) {
      const told = await heard.next(this.#scope.signal);
      if (told.type === "offer") {
        // Who was reserved in the very moment in which a rule took her away is not rung any more.
        if (this.#wait.wayOut.taken === null) this.offer(told.assignment);
        else await this.#giveBack(told.assignment);
        continue;
      }
      if (told.type === "waited_too_long") {
        await this.#wait.tooLong();
        continue;
      }
      if (told.type === "leaves") {
        if (told.by === "rule") continue; // What rings is let ring; an answer goes before.
        await this.#endAll("caller_left");
        return "not_answered";
      }
      const rung = this.#ringing.get(told.leg);
      if (rung === undefined) continue;
      this.#ringing.delete(told.leg);
      const outcome = outcomeOf(told.said);
      if (outcome === "answered") {
        await this.#scope.wait(caller.ready());
        const met = await rung.meets(this.#scope);
        const isMet = await meet(this.#call, this.#scope, met);
        // Where she was gone in the very moment the desk has given the call away all the same: all are rung anew.
        await this.#endAll(isMet ? "answered_elsewhere" : "caller_left");
        return isMet ? met : "lost";
      }
      await rung.end(outcome);
      if (this.areQuiet) return "not_answered";
    }
  }

  #ring(agent: AgentId, extension: string): void {
    const { settings, heard } = this.#wait;
    const rung = startRinging(this.#call, { agent, extension, ...settings }, "then");
    const { leg, leftMs } = rung;
    this.#ringing.set(leg, rung);
    this.#scope.spawn("ring a phone", async () => {
      const said = await this.#scope.within(
        leftMs,
        (ringing) => ringing.wait(leg.outcome),
        () => "no_answer" as const,
      );
      heard.put({ type: "phone_told", leg, said });
    });
  }

  async #giveBack({ agent }: Assignment): Promise<void> {
    const { deps, record } = this.#call;
    await deps.desk.release(record.state.id, agent, "caller_left", 0);
  }

  async #endAll(outcome: "answered_elsewhere" | "caller_left"): Promise<void> {
    const left = [...this.#ringing.values()];
    this.#ringing.clear();
    await Promise.all(left.map((rung) => rung.end(outcome)));
  }
}
