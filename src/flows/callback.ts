import type { Ending, OfferOutcome } from "../domain/call-fact.ts";
import { nextStep, type OrderedCall } from "../domain/callback.ts";
import type { QueueSettings } from "../domain/centre.ts";
import { hasCode, KituoError } from "../domain/errors.ts";
import type { AgentId } from "../domain/ids.ts";
import { OFFER_GRACE_MS } from "../domain/routing/rules.ts";
import { trunkFor } from "../domain/waiting.ts";
import type { DialledLeg, HangupCause } from "../ports/telephony.ts";
import {
  type Call,
  endCall,
  endingAfter,
  type Held,
  onceGone,
  runCall,
  settingsOf,
  type Unmet,
} from "./call.ts";
import { CallbackPlace } from "./callback-place.ts";
import type { Deps } from "./deps.ts";
import {
  freeAgent,
  letGoOfFound,
  meet,
  type Offer,
  offerOf,
  outcomeOf,
  type Rung,
  startRinging,
} from "./offer.ts";
import { talkingTo } from "./outage.ts";
import type { CallRecord } from "./record.ts";
import { inScope } from "./scope.ts";

/** A call by which somebody is called back, as it begins or is found. */
export interface Begun {
  readonly record: CallRecord;
  /** The agent's phone, and hers, that an earlier life of it had rung. */
  readonly agent: DialledLeg | null;
  readonly customer: DialledLeg | null;
  /** Settles when she can be called. Never rejects. */
  readonly lineFree: Promise<void>;
}

/**
 * Runs the call until she has been served or it is given up; `flow` is what she goes through when she has answered. Never
 * rejects.
 */
export async function takeUpCallback(begun: Begun, deps: Deps, flow: Call["flow"]): Promise<void> {
  const { id } = begun.record.state;
  await deps.running
    .run(id, () => runCallback(begun, deps, flow))
    .catch((error: unknown) => deps.log.error({ call: id, err: error }, "a call back failed"));
}

/**
 * The flow of a call that nobody is on yet. It holds no channel while it waits: all there is of it are its place at the
 * desk and its record, so whoever takes it up begins here. When Asterisk does not answer it is begun again.
 */
async function runCallback(begun: Begun, deps: Deps, flow: Call["flow"]): Promise<void> {
  const { record, lineFree } = begun;
  const log = deps.log.child({ call: record.state.id });
  let { agent, customer } = begun;
  for (;;) {
    try {
      const ending = await inScope({ ...deps, log }, { endsWith: [] }, async (scope) => {
        const call: Unmet = { leg: null, record, scope, deps, found: agent, others: [] };
        return await new CallingBack(call, flow).run(customer, lineFree);
      });
      if (ending !== null) await endCall(record, ending, deps, {});
      return;
    } catch (error) {
      if (!hasCode(error, "telephony_down") || record.state.stage === "ended") {
        log.error({ err: error }, "a call back could not go on");
        if (record.state.stage === "ended") return;
        return await endCall(record, endingAfter(error, record.state), deps, {});
      }
      log.warn({ err: error }, "a call back waits for Asterisk");
      await talkingTo(new AbortController().signal, deps);
      agent = null;
      customer = null;
    }
  }
}

/** How one turn came out: how the call ended; `null`, when she was on its line and it ended with that; or not yet. */
type Turn = Ending | null | "again";

class CallingBack {
  readonly #call: Unmet;
  readonly #flow: Call["flow"];
  readonly #settings: QueueSettings;
  readonly #place: CallbackPlace;
  /** What a user has said who ordered the call; `null`: its caller has asked for it. */
  readonly #ordered: OrderedCall | null;
  /** Why she did not answer when she was rung last, as far as this life of the call knows. */
  #missedBy: OfferOutcome | null = null;
  readonly #cancelled = Promise.withResolvers<"cancelled">();
  #isCancelled = false;

  constructor(call: Unmet, flow: Call["flow"]) {
    const { record } = call;
    const { queue, id } = record.state;
    if (queue === null) throw new Error(`${id} is to be called back by no queue`);
    this.#call = call;
    this.#flow = flow;
    this.#settings = settingsOf(call, queue);
    this.#place = new CallbackPlace(call, this.#settings);
    this.#ordered = record.state.callback?.ordered ?? null;
  }

  /** `customer`: her phone, which rings already. */
  async run(customer: DialledLeg | null, lineFree: Promise<void>): Promise<Ending | null> {
    const { scope, deps, record } = this.#call;
    const { id } = record.state;
    const { callback } = this.#settings;
    const registered = deps.dispatcher.register(id, {
      notify: (notice) => this.#place.hear(notice),
      place: () => undefined,
      cancel: () => {
        this.#isCancelled = true;
        this.#cancelled.resolve("cancelled");
      },
      holdMs: callback.ringMs,
    });
    scope.defer("stop listening for offers", registered);
    scope.defer("leave the queue", () => deps.desk.leave(id));
    if (customer !== null) scope.defer("let go of who is called", () => customer.hangup());
    let turn = await this.#goOn(customer);
    await scope.wait(lineFree);
    while (turn === "again") {
      // Who rang in that moment and was not reached is not called again.
      if (this.#isCancelled)
        return { result: "unserved", reason: "callback_cancelled", by: "agent" };
      const next = nextStep(record.state, callback, deps.clock.now());
      if (next.do === "give_up") return this.#unreached(next.reason);
      const over = this.#cancelled.promise;
      if (next.do === "pause") await Promise.race([scope.sleep(next.ms), over]);
      else turn = await this.#awaitTurn(next.withinMs);
    }
    return turn;
  }

  /** Nobody is tried any more. Who has ordered the call is told why she did not answer. */
  #unreached(reason: string): Ending {
    const why = this.#ordered === null ? null : this.#missedBy;
    if (why === null) return { result: "unserved", reason, by: "system" };
    return { result: "refused", reason: `customer_${why}`, by: "system" };
  }

  /** Goes on with what an earlier life of the call had begun. */
  async #goOn(customer: DialledLeg | null): Promise<Turn> {
    const { record, found } = this.#call;
    const isOffered = record.state.stage === "ringing";
    const rang = isRinging(record);
    if (customer !== null && !rang) this.#noteDialled();
    const gaveUp = customer === null && rang;
    if (gaveUp) record.note({ type: "customer_missed", outcome: "no_answer" });
    if (!isOffered) return customer === null ? "again" : await this.#hear(customer, null);
    const offer = offerOf(this.#call, this.#settings);
    const turn =
      found === null || gaveUp
        ? await this.#letGo(offer, gaveUp ? "caller_left" : "no_answer")
        : await this.#ringAgent(offer, customer);
    // Without an agent she is not let ring on.
    if (turn === "again" && customer !== null) await this.#miss(customer, "caller_left");
    return turn;
  }

  /** The agent, or she, was there no more when the call was taken up. */
  async #letGo(offer: Offer, outcome: OfferOutcome): Promise<"again"> {
    await Promise.all([letGoOfFound(this.#call), freeAgent(this.#call, offer, outcome)]);
    this.#call.record.note({ type: "offer_ended", agent: offer.agent, outcome });
    return "again";
  }

  /** Waits until it is her turn, and brings an agent and her together. */
  async #awaitTurn(withinMs: number): Promise<Turn> {
    const named = this.#ordered?.agent ?? null;
    if (named !== null) return await this.#ringNamed(named);
    const held = await this.#place.nextAgent(withinMs, this.#cancelled.promise);
    if (held === null) return "again";
    const { agent, extension, queue, reasons } = held.assignment;
    if (this.#settings.callback.mode === "customer-first") {
      return await this.#hear(this.#dial(), held);
    }
    this.#call.record.note({ type: "offered", agent, extension, queue, reasons });
    const { ringMs, wrapUpMs } = this.#settings;
    return await this.#ringAgent({ agent, extension, ringMs, wrapUpMs }, null);
  }

  /** The agent for whom the call was ordered: she is rung at once, and nobody in her place. */
  async #ringNamed(agent: AgentId): Promise<Turn> {
    const { record, scope, deps } = this.#call;
    const { id, queue, callback } = record.state;
    const { ringMs, wrapUpMs, callback: settings } = this.#settings;
    const extension = deps.centre.agents.find((each) => each.id === agent)?.extension;
    const keptMs = ringMs + settings.ringMs + OFFER_GRACE_MS;
    const until = deps.clock.now() + keptMs;
    const kept = await scope.wait(deps.desk.reserveDirect(id, agent, until));
    if (kept !== "reserved" || extension === undefined) return agentRefuses("busy");
    await scope.wait(deps.jobs.ask({ type: "offer_due", call: id, agent }, keptMs));
    const reasons = [`${callback?.ordered?.by ?? "a user"} ordered the call for ${extension}`];
    const about = queue === null ? {} : { queue };
    record.note({ type: "offered", agent, extension, ...about, reasons });
    return await this.#ringAgent({ agent, extension, ringMs, wrapUpMs }, null);
  }

  /** The agent's phone rings first; hers when the agent is there. `customer`: hers rings already. */
  async #ringAgent(offer: Offer, customer: DialledLeg | null): Promise<Turn> {
    const { scope } = this.#call;
    const rung = startRinging(this.#call, offer, "then");
    const heard = await scope.within(
      rung.leftMs,
      (ringing) => ringing.wait(rung.leg.outcome),
      () => "no_answer" as const,
    );
    const outcome = outcomeOf(heard);
    if (outcome === "answered") return await this.#ringHer(rung, customer);
    await rung.end(outcome);
    return this.#isForOne ? agentRefuses(outcome) : "again";
  }

  /** Whether the call was ordered for one agent, without whom there is nobody to talk to. */
  get #isForOne(): boolean {
    return (this.#ordered?.agent ?? null) !== null;
  }

  /** An agent is on her phone, and waits for who is called. */
  async #ringHer(rung: Rung, ringing: DialledLeg | null): Promise<Turn> {
    const { record } = this.#call;
    const customer = ringing ?? this.#dial();
    // For whom the call was ordered knows.
    if (!this.#isForOne) this.#tellWhy(rung.leg);
    const left = new Promise<"caller_left">((resolve) => {
      onceGone(rung.leg, () => resolve("caller_left"));
    });
    const heard = await this.#ringOut(customer, left);
    if (heard !== "answered") {
      await Promise.all([this.#miss(customer, outcomeOf(heard)), rung.end("caller_left")]);
      return heard === "caller_left" && this.#isForOne ? agentRefuses("caller_left") : "again";
    }
    record.note({ type: "answered" });
    const isMet = await this.#meet(customer, rung);
    return await this.#goThrough(customer, isMet ? rung.leg : null, null);
  }

  /** `false`: she is on the line, and the agent is not, or cannot be brought to her. */
  async #meet(customer: DialledLeg, rung: Rung): Promise<boolean> {
    const { record, scope, deps } = this.#call;
    try {
      return await meet({ leg: customer, record, deps }, scope, await rung.meets(scope));
    } catch (error) {
      if (!hasCode(error, "telephony_down")) throw error;
      deps.log.warn({ err: error }, "who was called back was not brought to her agent");
      await rung.end("unreachable");
      return false;
    }
  }

  /** An agent hears why her phone has rung; that she does not is no reason not to go on. */
  #tellWhy(agent: DialledLeg): void {
    const { centre, log } = this.#call.deps;
    const language = centre.languages[0] ?? "en";
    agent
      .play(["callback-now"], language)
      .catch((error: unknown) => log.warn({ err: error }, "an agent was not told of a call back"));
  }

  /** Nobody is on the line yet; `held` is the agent who is kept for her meanwhile. */
  async #hear(customer: DialledLeg, held: Held | null): Promise<Turn> {
    const heard = await this.#ringOut(customer);
    if (heard !== "answered") {
      await this.#miss(customer, outcomeOf(heard));
      return "again";
    }
    this.#call.record.note({ type: "answered" });
    return await this.#goThrough(customer, null, held);
  }

  /** She is on the line: from here on it is a call like any other. */
  async #goThrough(leg: DialledLeg, found: DialledLeg | null, held: Held | null): Promise<null> {
    const { record, deps } = this.#call;
    const start = { leg, record, found, ...(held === null ? {} : { held }) };
    await deps.running.handle(leg, () => runCall(start, deps, this.#flow));
    return null;
  }

  async #ringOut(
    customer: DialledLeg,
    left?: Promise<"caller_left">,
  ): Promise<"answered" | "caller_left" | HangupCause> {
    const { record, scope, deps } = this.#call;
    const told = customer.outcome;
    const rungMs = deps.clock.now() - (record.state.callback?.ringsSince ?? deps.clock.now());
    return await scope.within(
      Math.max(0, this.#settings.callback.ringMs - rungMs),
      (ringing) => ringing.wait(left === undefined ? told : Promise.race([told, left])),
      () => "no_answer" as const,
    );
  }

  /** She was not reached. The agent who was kept for her is free, and her place is taken again later. */
  async #miss(customer: DialledLeg, outcome: OfferOutcome): Promise<void> {
    const { record, deps } = this.#call;
    await Promise.all([customer.hangup(), deps.desk.leave(record.state.id)]);
    this.#place.lose();
    this.#missedBy = outcome;
    if (isRinging(record)) record.note({ type: "customer_missed", outcome });
  }

  #dial(): DialledLeg {
    const { record, scope, deps } = this.#call;
    const { id, channel, caller, callback } = record.state;
    const { ringMs } = this.#settings.callback;
    this.#noteDialled();
    const leg = deps.telephony.dial({
      id: channel,
      call: id,
      to: { number: caller, trunk: this.#trunk(), role: "caller" },
      callerNumber: callback?.from ?? "",
      callerName: "",
      // With the agent's channel she would see what the agent's phone shows.
      originator: null,
      timeoutMs: ringMs + 5_000,
    });
    scope.defer("let go of who is called", () => leg.hangup());
    return leg;
  }

  #noteDialled(): void {
    const { record } = this.#call;
    const number = (record.state.callback?.tries ?? 0) + 1;
    record.note({ type: "customer_dialled", number });
  }

  #trunk(): string {
    const { centre } = this.#call.deps;
    const trunk = trunkFor(this.#settings.callback, centre.trunks);
    if (trunk === undefined) throw new KituoError("internal", "there is no trunk to call over");
    return trunk.name;
  }
}

/** How a call is over that was ordered for an agent who does not take it; `caller_left`: she has hung up again. */
function agentRefuses(outcome: OfferOutcome): Ending {
  const reason = outcome === "caller_left" ? "agent_left" : `agent_${outcome}`;
  return { result: "refused", reason, by: "agent" };
}

/** Whether, as far as is on record, the telephone of who is called back rings. */
const isRinging = ({ state }: CallRecord): boolean => (state.callback?.ringsSince ?? null) !== null;
