import type { DialledLeg, DialRequest, HangupCause } from "../../ports/telephony.ts";
import { unansweredCauseOf } from "./cause.ts";
import { callerIdFor } from "./entry.ts";
import { labelVariables } from "./labels.ts";
import { AsteriskLeg } from "./leg.ts";
import type { Context } from "./registry.ts";

/** A phone that we ring. One request makes the channel, labels it and sends the INVITE. */
export class RungLeg extends AsteriskLeg implements DialledLeg {
  readonly outcome: Promise<"answered" | HangupCause>;
  readonly #settle: (outcome: "answered" | HangupCause) => void;
  readonly #created: Promise<void>;
  #answered = false;
  #exists = false;

  constructor(context: Context, request: DialRequest) {
    super(context, {
      id: request.id,
      entry: { from: "extension", extension: request.extension, dialled: "" },
      callerNumber: request.extension,
      callerName: "",
    });
    const { promise, resolve } = Promise.withResolvers<"answered" | HangupCause>();
    this.outcome = promise;
    this.#settle = resolve;
    this.#created = this.#dial(request);
  }

  override onStart(): void {
    // An answer that crosses our cancel is no answer: the request to end the channel is on its way.
    if (this.askedCause !== null) return;
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

  override onFound(state: { readonly up: boolean } | null): void {
    if (!this.#exists) return;
    if (state?.up === true && !this.#answered) this.onStart();
    super.onFound(state);
  }

  protected override created(): Promise<void> {
    return this.#created;
  }

  protected override end(cause: HangupCause): void {
    super.end(cause);
    this.#settle(cause);
  }

  /** Never rejects: what went wrong is the outcome. */
  async #dial(request: DialRequest): Promise<void> {
    const { ari, log } = this.context;
    try {
      const answer = await ari.ask("POST /channels/{channelId}", {
        path: { channelId: request.id },
        query: {
          endpoint: `PJSIP/${request.extension}`,
          app: ari.app,
          appArgs: "dialled",
          callerId: callerIdFor(request.callerNumber, request.callerName),
          timeout: Math.max(1, Math.ceil(request.timeoutMs / 1_000)),
          originator: request.originator,
        },
        body: { variables: labelVariables({ call: request.call, role: "agent" }) },
      });
      this.#exists = answer.ok;
      if (answer.ok) return;
      log.debug({ channel: request.id, status: answer.status }, "dial: refused");
      // 500 `Allocation failed` is ARI's only word for a phone that is not registered; 400 says that the channel on
      // whose behalf we ring has gone.
      const causes: Readonly<Record<number, HangupCause>> = { 400: "normal", 500: "unreachable" };
      this.end(causes[answer.status] ?? "failed");
    } catch (error) {
      log.error({ error, channel: request.id }, "dial: asterisk did not answer");
      // The channel may exist all the same, so it is ended as soon as Asterisk listens again.
      this.end("failed");
      ari
        .tell("DELETE /channels/{channelId}", { path: { channelId: request.id } })
        .catch((cause: unknown) => log.warn({ error: cause }, "dial: could not be taken back"));
    }
  }
}
