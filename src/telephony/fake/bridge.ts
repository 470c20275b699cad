import type { BridgeId, ChannelId } from "../../domain/ids.ts";
import type { Bridge, Leg, Recording, Room } from "../../ports/telephony.ts";
import { FakeLeg, type FakeWorld } from "./leg.ts";

/** A bridge in memory: a conversation, or the waiting room of a queue. */
export class FakeBridge implements Bridge, Room {
  readonly id: BridgeId;
  readonly members = new Set<FakeLeg>();
  readonly #world: FakeWorld;
  readonly #whenGone: () => void;
  #recording: { readonly name: string; readonly from: number; readonly end: () => void } | null =
    null;
  #gone = false;

  constructor(world: FakeWorld, id: BridgeId, whenGone: () => void) {
    this.#world = world;
    this.id = id;
    this.#whenGone = whenGone;
  }

  async add(...legs: readonly Leg[]): Promise<readonly ChannelId[]> {
    await this.#world.latency();
    const present: ChannelId[] = [];
    for (const leg of legs) {
      if (!(leg instanceof FakeLeg)) throw new TypeError("a fake bridge takes fake legs");
      if (leg.gone.aborted || this.#gone) continue;
      leg.bridge?.drop(leg);
      leg.bridge = this;
      this.members.add(leg);
      present.push(leg.id);
    }
    return present;
  }

  async remove(leg: Leg): Promise<void> {
    await this.#world.latency();
    if (leg instanceof FakeLeg && leg.bridge === this) this.drop(leg);
  }

  /** A member is out, by itself or taken; a bridge without members records nothing any more. */
  drop(leg: FakeLeg): void {
    this.members.delete(leg);
    leg.bridge = null;
    if (this.members.size === 0) this.#recording?.end();
  }

  async record(name: string): Promise<Recording> {
    await this.#world.latency();
    const { promise, resolve } = Promise.withResolvers<{ durationMs: number; failed: boolean }>();
    const from = this.#world.now();
    const end = () => {
      if (this.#recording?.name !== name) return;
      this.#recording = null;
      this.#world.recorded(name);
      resolve({ durationMs: this.#world.now() - from, failed: false });
    };
    // Asterisk overwrites none.
    if (this.members.size === 0 || this.#world.isRecorded(name))
      resolve({ durationMs: 0, failed: true });
    else this.#recording = { name, from, end };
    return { name, finished: promise, stop: async () => end() };
  }

  async destroy(): Promise<void> {
    if (this.#gone) return;
    this.#gone = true;
    await this.#world.latency();
    for (const member of this.members) this.drop(member);
    this.#recording?.end();
    this.#whenGone();
  }

  async enter(leg: Leg): Promise<boolean> {
    return (await this.add(leg)).length === 1;
  }

  async leave(leg: Leg): Promise<void> {
    await this.remove(leg);
  }
}
