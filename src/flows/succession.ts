import type { Returned } from "../ports/telephony.ts";
import { adoptCalls, JOURNAL_WITHIN_MS, takeOrphans, tidyUp } from "./adopt.ts";
import type { Deps } from "./deps.ts";
import { freeWhatNobodyHolds } from "./ghosts.ts";
import { BEAT_EVERY_MS, type Lease, nameOf } from "./lease.ts";
import { importNativeCalls } from "./native.ts";
import { atMost } from "./patience.ts";
import { Rerun } from "./rerun.ts";

/**
 * Keeps this process alive in the eyes of the others, and takes up what processes that died have left: those of its
 * own name at the start, for it is their successor, and others when their beats have ended.
 */
export class Succession {
  readonly #deps: Deps;
  readonly #lease: Lease;
  readonly #stopped = new AbortController();
  readonly #natives = new Rerun(() => this.#import());
  readonly #adoption = new Rerun(() => this.#adopt());
  #alive: ReadonlySet<string> = new Set();
  /** A process has died, and what it left has not been taken up yet. */
  #owed = false;
  #watching: Promise<unknown> = Promise.resolve();

  constructor(deps: Deps, lease: Lease) {
    this.#deps = deps;
    this.#lease = lease;
  }

  /** Takes the place of earlier lives of this process; Asterisk need not be there yet. */
  async enter(): Promise<void> {
    const { clock, desk, journal, owner } = this.#deps;
    const [peers] = await Promise.all([desk.peers(), this.#lease.beat()]);
    const before = peers.filter(
      (peer) => peer.owner !== owner && nameOf(peer.owner) === nameOf(owner),
    );
    await Promise.all(before.map((peer) => desk.fence(peer.owner)));
    // What an earlier life had not brought to the store may be the last that is known of its calls.
    await atMost(JOURNAL_WITHIN_MS, journal.written(), clock);
  }

  /** Takes the calls up that the dead have left, and goes on watching. Until `servedUntil` somebody was there. */
  async start(servedUntil: number | null): Promise<void> {
    this.#alive = await this.#lease.alive();
    const taken = await takeOrphans(this.#alive, this.#deps, servedUntil);
    const tidied = tidyUp(taken, this.#alive, this.#deps).catch((error: unknown) =>
      this.#deps.log.error({ err: error }, "what nobody holds was not freed"),
    );
    this.#watching = Promise.all([this.#watch(), tidied]);
  }

  /** The processes that were alive when it was looked last, this one among them. */
  get alive(): ReadonlySet<string> {
    return this.#alive;
  }

  /**
   * Asterisk is back: what happened unseen is put right. The flows of calls hear of their own channels themselves. Never
   * rejects.
   */
  async returned(news: Returned): Promise<void> {
    const { telephony, log } = this.#deps;
    log.warn({ restarted: news.restarted }, "Asterisk is back");
    try {
      const [survey, natives] = await Promise.all([telephony.survey(), telephony.nativeCalls()]);
      await importNativeCalls(natives, this.#deps);
      await freeWhatNobodyHolds(survey, natives, this.#alive, this.#deps);
    } catch (error) {
      log.error({ err: error }, "what happened while Asterisk was away was not put right");
    }
  }

  /** The dialplan has told that a call ended in its hands. */
  native(): void {
    this.#natives.ask();
  }

  /** Beats no more; what is under way ends first. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { clock, log } = this.#deps;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await clock.sleep(BEAT_EVERY_MS, signal);
        await this.#lease.beat();
        const before = this.#alive;
        this.#alive = await this.#lease.alive();
        this.#owed ||= Array.from(before).some((owner) => !this.#alive.has(owner));
        // Beside this loop: the beats must go on however long it takes.
        if (this.#owed) this.#adoption.ask();
      } catch (error) {
        if (signal.aborted) return;
        log.error({ err: error }, "the other processes could not be looked after");
      }
    }
  }

  async #adopt(): Promise<void> {
    try {
      await adoptCalls(this.#alive, this.#deps);
      this.#owed = false;
    } catch (error) {
      this.#deps.log.error({ err: error }, "calls could not be adopted; it is tried again");
    }
  }

  async #import(): Promise<void> {
    const { telephony, log } = this.#deps;
    try {
      await importNativeCalls(await telephony.nativeCalls(), this.#deps);
    } catch (error) {
      log.error({ err: error }, "calls that the dialplan served were not imported");
    }
  }
}
