import type { DialledLeg, DialRequest, HangupCause } from "../../ports/telephony.ts";
import { unansweredCauseOf } from "./cause.ts";
import { callerIdFor } from "./entry.ts";
import { labelVariables } from "./labels.ts";
import { AsteriskLeg, type LegFacts } from "./leg.ts";
import { isAway } from "./owed.ts";
import type { Context, Found } from "./registry.ts";
import type { Answer } from "./requests.ts";

/** A phone that rings, or was answered: by us, or by a process whose calls we took over. */
export class PhoneLeg extends AsteriskLeg implements DialledLeg {
  readonly outcome: Promise<"answered" | HangupCause>;
  readonly #settle: (outcome: "answered" | HangupCause) => void;
  #answered = false;

  constructor(context: Context, facts: LegFacts) {
    super(context, facts);
    const { promise, resolve } = Promise.withResolvers<"answered" | HangupCause>();
    this.outcome = promise;
    this.#settle = resolve;
  }

  override onStart(): void {
    // The subscription stays: the end of a phone that rings is told only by what comes after it left us.
  }

  override onState(up: boolean): void {
    // An answer that crosses our cancel is no answer: the request to end the channel is on its way.
    if (!up || this.#answered || this.askedCause !== null) return;
    this.#answered = true;
    this.#settle("answered");
  }

  override onHangup(cause: number | undefined): void {
    // Until the phone has answered, only the last event tells busy, declined and no answer apart.
    if (this.#answered) super.onHangup(cause);
  }

  override onLeft(): void {
    if (this.#answered) super.onLeft();
  }

  override onDestroyed(cause: number): void {
    if (this.#answered) super.onDestroyed(cause);
    else this.end(this.askedCause ?? unansweredCauseOf(cause));
  }

  override onFound(found: Found): void {
    if (found.is === "up") this.onState(true);
    super.onFound(found);
  }

  protected override get unseenCause(): HangupCause {
    return this.#answered ? "normal" : "no_answer";
  }

  protected override end(cause: HangupCause, at: number | null = null): void {
    super.end(cause, at);
    this.#settle(cause);
  }
}

/** Ringing that nobody ends is ended by Asterisk; an agent who answered and whom no server fetches, after this. */
const unfetchedS = 15;

/**
 * A phone that we ring. The channel is made first, in our application, and dialled then: 0.4 ms more than originating
 * it with one request, which puts it into our application only when it is answered. By then this process may be dead,
 * and Asterisk would hang up on an agent who has just said hello; so she stays, and is taken up.
 */
export class RungLeg extends PhoneLeg {
  readonly #created: Promise<void>;
  readonly #entered = Promise.withResolvers<void>();
  #exists = false;

  constructor(context: Context, request: DialRequest) {
    super(context, {
      id: request.id,
      entry: { from: "extension", extension: request.extension, dialled: "" },
      callerNumber: request.extension,
      callerName: "",
      arrivedAt: Date.now(),
      labelled: request.call,
    });
    this.#created = this.#dial(request);
  }

  override onStart(): void {
    this.#entered.resolve();
  }

  override onFound(found: Found): void {
    if (this.#exists) super.onFound(found);
  }

  protected override created(): Promise<void> {
    return this.#created;
  }

  protected override end(cause: HangupCause, at: number | null = null): void {
    super.end(cause, at);
    this.#entered.resolve();
  }

  /** Never rejects: what went wrong is the outcome. */
  async #dial(request: DialRequest): Promise<void> {
    const { log } = this.context;
    const timeoutS = Math.max(1, Math.ceil(request.timeoutMs / 1_000));
    try {
      const made = await this.#make(request, timeoutS);
      this.#exists = made.ok;
      const answer = made.ok ? await this.#ring(timeoutS) : made;
      if (answer.ok || this.gone.aborted) return;
      log.debug({ channel: request.id, status: answer.status }, "dial: refused");
      // 500 `Allocation failed` is ARI's only word for a phone that is not registered; 400 says that the channel on
      // whose behalf we ring has gone.
      const causes: Readonly<Record<number, HangupCause>> = { 400: "normal", 500: "unreachable" };
      this.#giveUp(causes[answer.status] ?? "failed", made.ok);
    } catch (error) {
      if (isAway(error)) log.error({ error, channel: request.id }, "dial: asterisk did not answer");
      else log.warn({ error, channel: request.id }, "dial: not done");
      this.#giveUp("failed", isAway(error));
    }
  }

  #make(request: DialRequest, timeoutS: number): Promise<Answer<unknown>> {
    const { ari } = this.context;
    return ari.ask("POST /channels/create", {
      query: {
        endpoint: `PJSIP/${request.extension}`,
        app: ari.app,
        appArgs: "dialled",
        channelId: request.id,
        originator: request.originator,
      },
      body: {
        variables: {
          ...labelVariables({ call: request.call, role: "agent" }),
          "CONNECTEDLINE(all,i)": callerIdFor(request.callerNumber, request.callerName),
          "TIMEOUT(absolute)": String(timeoutS + unfetchedS),
        },
      },
    });
  }

  async #ring(timeoutS: number): Promise<Answer<unknown>> {
    const dial = () =>
      this.context.ari.ask("POST /channels/{channelId}/dial", {
        path: { channelId: this.id },
        query: { timeout: timeoutS },
      });
    const answer = await dial();
    // A channel can be dialled once it has entered our application, which is nearly always before its making is
    // answered; else that is told a moment later.
    if (answer.ok || answer.status !== 409) return answer;
    await this.#entered.promise;
    return this.gone.aborted ? answer : dial();
  }

  /** The channel may exist, then it is ended: at once, or when Asterisk listens again. */
  #giveUp(cause: HangupCause, exists: boolean): void {
    this.end(cause);
    if (!exists) return;
    const { ari, owed, log } = this.context;
    const path = { channelId: this.id };
    owed
      .end(`channel ${this.id}`, () => ari.tell("DELETE /channels/{channelId}", { path }))
      .catch((error: unknown) => log.warn({ error }, "dial: could not be taken back"));
  }
}
