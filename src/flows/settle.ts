import type { QueueName } from "../domain/ids.ts";
import type { Call } from "./call.ts";
import { goToMusic } from "./music.ts";
import { insist } from "./outage.ts";
import type { Scope } from "./scope.ts";

/** A caller who comes straight into a queue is answered when it was looked for a free agent, or after this. */
const ANSWER_AFTER_MS = 50;
/** How long a phone that rings at once is waited for before the caller is given music. */
const PICK_UP_MS = 250;

/**
 * Brings a waiting caller to the music. A free agent's phone rings before anything else is asked of Asterisk, even the
 * caller's answer; and where she picks up at once, as a headset that answers by itself does, all but that answer is
 * left out: a caller who is talking needs no music.
 */
export class Settling {
  readonly #call: Call;
  readonly #scope: Scope;
  readonly #queue: QueueName;
  readonly #hurry = Promise.withResolvers<void>();
  #isMet = false;
  #done: Promise<void>;

  /** Begins, when it was `looked` for a free agent. */
  constructor(call: Call, scope: Scope, queue: QueueName, looked: Promise<void>) {
    this.#call = call;
    this.#scope = scope;
    this.#queue = queue;
    const answered = Promise.race([looked, scope.sleep(ANSWER_AFTER_MS)]).then(() =>
      insist(scope, () => call.answer(), call.deps),
    );
    scope.spawn("answer", () => answered);
    this.#done = Promise.all([looked, answered]).then(() => this.#settle());
  }

  /** Settles when she is where she waits. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** An agent has answered: settles when the caller can be brought to her. */
  meet(): Promise<void> {
    this.#isMet = true;
    this.#hurry.resolve();
    return this.#done;
  }

  /** She waits on after all. Whoever is free is rung meanwhile, and they meet when she is back at the music. */
  again(): void {
    this.#isMet = false;
    this.#done = this.#done.then(() => this.#goToMusic());
    this.#scope.spawn("go back to the music", () => this.#done);
  }

  async #settle(): Promise<void> {
    if (this.#call.record.state.stage === "ringing") {
      await Promise.race([this.#scope.sleep(PICK_UP_MS), this.#hurry.promise]);
    }
    if (!this.#isMet) await this.#goToMusic();
  }

  /** That Asterisk does not answer for a moment is no reason to let go of a phone that rings for her. */
  #goToMusic(): Promise<void> {
    const go = () => goToMusic(this.#call, this.#scope, this.#queue);
    return insist(this.#scope, go, this.#call.deps);
  }
}
