import { setTimeout as pause } from "node:timers/promises";
import { KituoError } from "../../domain/errors.ts";
import { asBridgeId, type BridgeId, type QueueName } from "../../domain/ids.ts";
import type { Leg, Room } from "../../ports/telephony.ts";
import { addOne, removeFrom } from "./bridge.ts";
import type { Context } from "./registry.ts";
import { sharing } from "./sharing.ts";

const prefix = "q-";
/** How often, and how soon, music is asked for again that Asterisk could not begin. */
const MUSIC_TRIES = 5;
const MUSIC_AGAIN_MS = 50;

/** Whether a bridge is a waiting room rather than a conversation. */
export const isRoom = (bridge: string): boolean => bridge.startsWith(prefix);

/**
 * The waiting room of one queue on one Asterisk. Every Kituo process that serves this Asterisk uses the same one, by
 * its name, and nobody ever deletes it.
 */
export class HoldingRoom implements Room {
  readonly id: BridgeId;
  readonly #context: Context;
  #made: Promise<void> | null = null;
  /** Asterisk lets the music of a room end when the last caller leaves, so whoever enters asks for it again. */
  readonly #playMusic = sharing(() => this.#askForMusic());

  constructor(context: Context, queue: QueueName) {
    this.#context = context;
    this.id = asBridgeId(`${prefix}${queue}`);
  }

  /** Makes sure that the room exists and has music; a failure is forgotten, so that the next caller tries again. */
  open(): Promise<void> {
    this.#made ??= this.#make().catch((error: unknown) => {
      this.#made = null;
      throw error;
    });
    return this.#made;
  }

  async enter(leg: Leg): Promise<boolean> {
    await this.open();
    const added = await addOne(this.#context, this.id, leg, "participant");
    if (added === "added") await this.#playMusic();
    if (added !== "bridge_gone") return added === "added";
    // Asterisk was started anew since: the room must be made again, once.
    this.#made = null;
    await this.open();
    const again = await addOne(this.#context, this.id, leg, "participant");
    if (again === "bridge_gone") throw new KituoError("telephony_down", "the room cannot be made");
    return again === "added";
  }

  leave(leg: Leg): Promise<void> {
    return removeFrom(this.#context, this.id, leg);
  }

  async #make(): Promise<void> {
    const path = { bridgeId: this.id };
    await this.#context.ari.tell("POST /bridges/{bridgeId}", {
      path,
      query: { type: "holding", name: this.id },
    });
    await this.#playMusic();
  }

  /**
   * Asterisk refuses it with 500 while the music of a moment ago is being ended. Nobody is sent away for that: it is
   * asked for again a little later, and whoever enters next asks as well.
   */
  async #askForMusic(): Promise<void> {
    const { ari, log } = this.#context;
    const request = { path: { bridgeId: this.id } };
    for (let tries = 1; ; tries += 1) {
      const answer = await ari.ask("POST /bridges/{bridgeId}/moh", request);
      if (answer.ok || answer.status === 404) return;
      if (tries === MUSIC_TRIES) {
        log.warn({ room: this.id, status: answer.status }, "a room has no music");
        return;
      }
      await pause(MUSIC_AGAIN_MS);
    }
  }
}
