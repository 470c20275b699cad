import type {
  Dialled,
  DialledLeg,
  DialRequest,
  Entry,
  HangupCause,
  LegEnd,
} from "../../ports/telephony.ts";
import { unansweredCauseOf } from "./cause.ts";
import { callerIdFor, cleanNumber } from "./entry.ts";
import { labelNames, labelVariables, rungContext } from "./labels.ts";
import { AsteriskLeg, type LegFacts } from "./leg.ts";
import { isAway } from "./owed.ts";
import type { Context, Found } from "./registry.ts";
import type { Answer } from "./requests.ts";

/** A phone that rings, or was answered: by us, or by a process whose calls we took over. */
export class PhoneLeg extends AsteriskLeg implements DialledLeg {
  readonly asked: Promise<void> = Promise.resolve();
  readonly outcome: Promise<"answered" | HangupCause>;
  readonly #settle: (outcome: "answered" | HangupCause) => void;
  #answered = false;

  constructor(context: Context, facts: LegFacts) {
    super(context, facts);
    const { promise, resolve } = Promise.withResolvers<"answered" | HangupCause>();
    this.outcome = promise;
    this.#settle = resolve;
  }

  /** She answered, and with that she is in our application. */
  override onStart(): void {
    // An answer that crosses our cancel is no answer: the request to end the channel is on its way.
    if (this.#answered || this.askedCause !== null) return;
    this.#answered = true;
    this.#settle("answered");
  }

  override onHangup(cause: number | undefined, at: number, asked: boolean): void {
    const isHers = !asked && this.askedCause === null;
    super.onHangup(cause, at, asked);
    const { entry } = this;
    if (!isHers || entry.from !== "extension") return;
    const { registry, onPhoneFree } = this.context;
    const isAlone = registry.legs
      .values()
      .every((leg) => leg.entry.from !== "extension" || leg.entry.extension !== entry.extension);
    // Her call is over first, for whoever waits for her.
    if (isAlone) setImmediate(() => onPhoneFree(entry.extension));
  }

  override onUnanswered(cause: number): void {
    if (!this.#answered) this.end(this.askedCause ?? unansweredCauseOf(cause));
  }

  override onFound(found: Found): void {
    if (found.is === "up") this.onStart();
    // Nothing is kept of a phone that did not answer: when it gave up is not known.
    if (found.is === "gone" && !this.#answered) return super.onFound({ is: "gone" });
    // In the dialplan she rings, or has answered and is about to be offered.
    if (found.is !== "released" || this.#answered) super.onFound(found);
  }

  protected override get unseenCause(): HangupCause {
    return this.#answered ? "normal" : "no_answer";
  }

  protected override end(cause: HangupCause, when?: LegEnd): void {
    super.end(cause, when);
    this.#settle(cause);
  }
}

/**
 * A phone that we ring. One request makes the channel, labels it and sends the INVITE. It is not ours before it has
 * answered: should this process have died by then, Asterisk would hang up on an agent in its application who has just
 * said hello, so she answers into the dialplan, which holds her for a while until her call is taken over. Ringing that
 * nobody ends is ended by Asterisk. (A channel that is made in
 * our application and then dialled survives as well, but the phone rings 0.5 to 0.8 ms later, of 1.5.) What becomes of
 * a phone that does not answer is told by AMI: whoever subscribes to a channel only after it was made can be too late.
 */
export class RungLeg extends PhoneLeg {
  override readonly asked: Promise<void>;
  #exists = false;

  constructor(context: Context, request: DialRequest) {
    super(context, {
      id: request.id,
      entry: entryTo(request.to),
      callerNumber: "extension" in request.to ? request.to.extension : request.to.number,
      callerName: "",
      arrivedAt: Date.now(),
      again: false,
    });
    this.asked = this.#dial(request);
  }

  override get exists(): boolean {
    return this.#exists;
  }

  protected override created(): Promise<void> {
    return this.asked;
  }

  /** Never rejects: what went wrong is the outcome. */
  async #dial(request: DialRequest): Promise<void> {
    const { log } = this.context;
    const endpoint = endpointOf(request.to);
    if (endpoint === null) return this.end("unreachable");
    try {
      const { turns } = this.context;
      const answer = await turns.take(request.call, () => this.#ring(request, endpoint));
      this.#exists = answer.ok;
      if (answer.ok) return;
      log.debug({ channel: request.id, status: answer.status }, "dial: refused");
      // 500 `Allocation failed` is ARI's only word for a phone that is not registered, or a trunk without an address;
      // 400 says that the channel on whose behalf we ring has gone.
      const causes: Readonly<Record<number, HangupCause>> = { 400: "normal", 500: "unreachable" };
      this.end(causes[answer.status] ?? "failed");
    } catch (error) {
      log.error({ error, channel: request.id }, "dial: not done");
      this.end("failed");
      if (isAway(error)) this.#takeBack();
    }
  }

  #ring(request: DialRequest, endpoint: string): Promise<Answer<unknown>> {
    const { ari } = this.context;
    const { to, originator } = request;
    const timeoutS = Math.max(1, Math.ceil(request.timeoutMs / 1_000));
    const role = "extension" in to ? "agent" : to.role;
    return ari.ask("POST /channels/{channelId}", {
      path: { channelId: request.id },
      query: {
        endpoint,
        context: rungContext,
        extension: "s",
        priority: 1,
        callerId: callerIdFor(request.callerNumber, request.callerName),
        timeout: timeoutS,
        ...(originator === null ? {} : { originator }),
      },
      body: {
        variables: {
          ...labelVariables({ call: request.call, role }),
          ...(role === "caller" ? enteredVariables(request) : {}),
          [labelNames.app]: { value: ari.app, report_events: true },
        },
      },
    });
  }

  /** The channel may exist all the same: it is ended at once, or when Asterisk listens again. */
  #takeBack(): void {
    const { ari, owed } = this.context;
    const path = { channelId: this.id };
    void owed.endQuietly(`channel ${this.id}`, () =>
      ari.tell("DELETE /channels/{channelId}", { path }),
    );
  }
}

function entryTo(to: Dialled): Entry {
  return "extension" in to
    ? { from: "extension", extension: to.extension, dialled: "" }
    : { from: "outside", dialled: to.number };
}

/** `null` for what is no number: nothing else may get into what Asterisk dials. */
function endpointOf(to: Dialled): string | null {
  if ("extension" in to) return `PJSIP/${to.extension}`;
  const number = cleanNumber(to.number);
  return number === "" ? null : `PJSIP/${number}@trunk-${to.trunk}`;
}

/** Who is called back is a caller to the dialplan too, should no server look after her: one who had dialled us. */
function enteredVariables({ callerNumber }: DialRequest): Record<string, string> {
  return { KITUO_ENTRY: "outside", KITUO_DIALLED: cleanNumber(callerNumber) };
}
