import { hasCode, KituoError } from "../domain/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Desk } from "../ports/desk.ts";
import type { Log } from "../ports/log.ts";

/** How often this process says that it is alive, and looks whether the others are. */
export const BEAT_EVERY_MS = 250;
/** Without a beat for so long a process counts as dead. */
export const DEAD_AFTER_MS = 2_000;
/** Without a beat of our own for so long we may have been taken for dead: nothing is done before the next one. */
const UNSURE_AFTER_MS = 1_500;

/** The part of an owner that stays over restarts: the process's name, `KITUO_ID`. */
export function nameOf(owner: string): string {
  return owner.split("/")[0] ?? owner;
}

/**
 * Tells of the name of whoever holds something in Asterisk whether that is no other living process: what is held so is
 * ours, or was a dead one's. What nobody holds is the dialplan's.
 */
export function notLiving(
  alive: ReadonlySet<string>,
  owner: string,
): (holder: string | null) => boolean {
  const names = new Set(Array.from(alive, nameOf));
  names.delete(nameOf(owner));
  return (holder) => holder !== null && !names.has(holder);
}

interface LeaseDeps {
  readonly desk: Pick<Desk, "beat" | "health" | "peers">;
  readonly clock: Clock;
  readonly log: Log;
  readonly owner: string;
  /** Another process has taken this one's place: it must end without touching anything more. */
  readonly onFenced: () => void;
}

/**
 * This process's right to act. It beats at the desk; who watches it sees it die. A process that was frozen finds out
 * here, before it does anything, whether its calls have been taken over meanwhile.
 */
export class Lease {
  readonly #deps: LeaseDeps;
  readonly #seen = new Map<string, { readonly beats: number; readonly at: number }>();
  #sureUntil = Number.NEGATIVE_INFINITY;
  #laidDown = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #beating: Promise<void> | null = null;

  constructor(deps: LeaseDeps) {
    this.#deps = deps;
  }

  /** `null`: go on. Otherwise to be waited for before anything is done; rejects with `fenced` when that is over. */
  mayAct = (): Promise<void> | null => {
    if (this.#laidDown) return new Promise(() => undefined);
    return this.#deps.clock.now() < this.#sureUntil ? null : this.beat();
  };

  /** This process acts no more: from now on everything waits for its end. */
  layDown(): void {
    this.#laidDown = true;
  }

  /** Says that this process is alive; settles when that is known to be so. */
  beat(): Promise<void> {
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = null;
    });
    return this.#beating;
  }

  /**
   * The processes that are alive, this one among them: one whose count has not moved for long is not. Whoever has not
   * looked for a while, or cannot look because the desk is away, knows nothing of how long that is.
   */
  async alive(): Promise<ReadonlySet<string>> {
    const { desk, clock, owner } = this.#deps;
    const [health, peers] = await Promise.all([desk.health(), desk.peers()]);
    const now = clock.now();
    if (health === "down" || now - this.#lookedAt > UNSURE_AFTER_MS) this.#seen.clear();
    this.#lookedAt = now;
    const names = new Set(peers.map((peer) => peer.owner));
    for (const known of this.#seen.keys()) if (!names.has(known)) this.#seen.delete(known);
    const alive = new Set<string>([owner]);
    for (const peer of peers) {
      const seen = this.#seen.get(peer.owner);
      const moved = seen === undefined || seen.beats !== peer.beats;
      if (moved) this.#seen.set(peer.owner, { beats: peer.beats, at: now });
      if (moved || now - seen.at < DEAD_AFTER_MS) alive.add(peer.owner);
    }
    return alive;
  }

  async #beat(): Promise<void> {
    const { desk, clock, owner, log, onFenced } = this.#deps;
    const at = clock.now();
    if (await this.#fenced(desk.beat(owner))) {
      log.error(
        { owner },
        "this process was taken for dead and its calls were taken over; it ends",
      );
      onFenced();
      throw new KituoError("fenced", `${owner} was taken for dead and its calls were taken over`);
    }
    this.#sureUntil = at + UNSURE_AFTER_MS;
  }

  async #fenced(answer: Promise<boolean>): Promise<boolean> {
    try {
      return !(await answer);
    } catch (error) {
      if (hasCode(error, "fenced")) return true;
      throw error;
    }
  }
}
