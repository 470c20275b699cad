import type { Returned } from "../../ports/telephony.ts";

/** Remembers whether Asterisk can be talked to, since when not, and whether it is still the same life of it. */
export class Outage {
  /** The life of Asterisk that was found last, by its own words; `null` before the first. */
  life: string | null = null;
  /** When it was last heard of, while it cannot be talked to. */
  lostAt: number | null = null;
  #wasUp = false;
  #restarted = false;

  /** A connection was made to this life of Asterisk. */
  found(life: string): void {
    if (this.life !== null && this.life !== life) this.#restarted = true;
    this.life = life;
  }

  /** Notes whether it can be talked to now, and when it was last heard. Tells when it is back. */
  note(up: boolean, heardAt: number): Returned | null {
    if (!up) {
      if (this.#wasUp) this.lostAt ??= heardAt;
      return null;
    }
    const lostAt = this.lostAt;
    const restarted = this.#restarted;
    this.#wasUp = true;
    this.lostAt = null;
    this.#restarted = false;
    return lostAt === null ? null : { restarted, lostAt };
  }
}
