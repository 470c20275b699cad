import { KituoError } from "../domain/errors.ts";
import type { Peer } from "../ports/desk.ts";

/** Who is alive, by beats, and who was shut out: the part of a desk in memory that is about processes. */
export class Peers {
  readonly #beats = new Map<string, number>();
  readonly #fenced = new Set<string>();

  /** Throws when this process was fenced: it may do nothing any more. */
  admit(owner: string): void {
    if (this.#fenced.has(owner)) throw fencedOut(owner);
  }

  beat(owner: string): "new" | "known" | "fenced" {
    if (this.#fenced.has(owner)) return "fenced";
    const before = this.#beats.get(owner) ?? 0;
    this.#beats.set(owner, before + 1);
    return before === 0 ? "new" : "known";
  }

  list(): readonly Peer[] {
    return Array.from(this.#beats, ([owner, beats]) => ({ owner, beats }));
  }

  /** `false` when it was no peer. */
  forget(owner: string): boolean {
    return this.#beats.delete(owner);
  }

  /** `false` when it was no peer. */
  fence(owner: string): boolean {
    this.#fenced.add(owner);
    return this.forget(owner);
  }

  fenced(): readonly string[] {
    return [...this.#fenced];
  }

  load(peers: readonly Peer[]): void {
    this.#beats.clear();
    for (const { owner, beats } of peers) this.#beats.set(owner, beats);
  }
}

/** The error of a process whose place another one has taken. */
export function fencedOut(owner: string, cause?: unknown): KituoError {
  return new KituoError("fenced", `Another process has taken the place of ${owner}.`, [], cause);
}
