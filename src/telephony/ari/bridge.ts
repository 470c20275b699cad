import { KituoError } from "../../domain/errors.ts";
import type { BridgeId, ChannelId } from "../../domain/ids.ts";
import type { Bridge, Leg, Recording } from "../../ports/telephony.ts";
import { runInAll } from "./commands.ts";
import { isAway } from "./owed.ts";
import { startRecording } from "./recording.ts";
import type { Context } from "./registry.ts";

/** How an attempt to put channels into a bridge ended. */
export type Added = "added" | "channel_gone" | "bridge_gone";

/** Puts channels into a bridge with one request: all of them go in, or none. */
async function addAll(
  context: Context,
  bridgeId: BridgeId,
  channels: readonly ChannelId[],
  role: "participant" | null,
): Promise<Added> {
  const answer = await context.ari.ask("POST /bridges/{bridgeId}/addChannel", {
    path: { bridgeId },
    query: { channel: channels, ...(role === null ? {} : { role }) },
  });
  if (answer.ok) return "added";
  if (answer.status === 404) return "bridge_gone";
  // 400: no such channel; 409 and 422: it is no longer, or not yet, in our application.
  if ([400, 409, 422].includes(answer.status)) return "channel_gone";
  throw new KituoError("telephony_down", `ARI refused addChannel with ${answer.status}`, [
    answer.message,
  ]);
}

/** Runs a task when nothing plays on these legs any more and no other command of theirs is under way. */
export async function whileStill<Value>(
  context: Context,
  legs: readonly Leg[],
  task: () => Promise<Value>,
): Promise<Value> {
  const live = legs
    .map((leg) => context.registry.legs.get(leg.id))
    .filter((leg) => leg !== undefined)
    .sort((left, right) => (left.id < right.id ? -1 : 1));
  const quiet = () => Promise.all(live.map((leg) => leg.stopMedia()));
  // Once at once, so that a command which waits for the media lets go; once more for what began meanwhile.
  await quiet();
  return runInAll(
    live.map((leg) => leg.commands),
    async () => {
      await quiet();
      return task();
    },
  );
}

/** Puts one leg into a bridge that may be in any state. */
export function addOne(context: Context, bridge: BridgeId, leg: Leg, role: "participant" | null) {
  return whileStill<Added>(context, [leg], async () =>
    leg.gone.aborted ? "channel_gone" : addAll(context, bridge, [leg.id], role),
  );
}

/** Takes a channel out of a bridge; that it is not in there is fine. */
export async function removeFrom(context: Context, bridgeId: BridgeId, leg: Leg): Promise<void> {
  if (leg.gone.aborted) return;
  const answer = await context.ari.ask("POST /bridges/{bridgeId}/removeChannel", {
    path: { bridgeId },
    query: { channel: [leg.id] },
  });
  if (answer.ok || [400, 404, 409, 422].includes(answer.status)) return;
  throw new KituoError("telephony_down", `ARI refused removeChannel with ${answer.status}`, [
    answer.message,
  ]);
}

/** A bridge in which everybody hears everybody. */
export class MixingBridge implements Bridge {
  readonly id: BridgeId;
  readonly #context: Context;

  constructor(context: Context, id: BridgeId) {
    this.#context = context;
    this.id = id;
  }

  async add(...legs: readonly Leg[]): Promise<readonly ChannelId[]> {
    const present = legs.filter((leg) => !leg.gone.aborted);
    if (present.length === 0) return [];
    const ids = present.map((leg) => leg.id);
    const together = await whileStill(this.#context, present, () =>
      addAll(this.#context, this.id, ids, null),
    );
    if (together === "added") return ids;
    if (together === "bridge_gone" || present.length === 1) return [];
    // One of them has gone, and then nobody was put in: each is tried alone.
    const alone = await Promise.all(
      present.map((leg) => addOne(this.#context, this.id, leg, null)),
    );
    return ids.filter((_, index) => alone[index] === "added");
  }

  remove(leg: Leg): Promise<void> {
    return removeFrom(this.#context, this.id, leg);
  }

  async record(name: string): Promise<Recording> {
    const { ari } = this.#context;
    const path = { bridgeId: this.id };
    const recording = await startRecording(
      this.#context,
      name,
      () =>
        ari.ask("POST /bridges/{bridgeId}/record", {
          path,
          query: { name, format: "wav", ifExists: "fail" },
        }),
      this.#gone.signal,
    );
    return recording;
  }

  async destroy(): Promise<void> {
    const { ari, owed } = this.#context;
    const path = { bridgeId: this.id };
    await owed.end(`bridge ${this.id}`, () => ari.tell("DELETE /bridges/{bridgeId}", { path }));
    this.#gone.abort();
  }

  readonly #gone = new AbortController();
}

/** Makes the bridge in Asterisk. That it exists already is fine: the id is ours. */
export async function createMixingBridge(context: Context, id: BridgeId): Promise<Bridge> {
  const { ari, owed } = context;
  const path = { bridgeId: id };
  try {
    await ari.tell("POST /bridges/{bridgeId}", {
      path,
      query: { type: "mixing", name: ari.app },
    });
  } catch (error) {
    // It may exist all the same, and nobody will know of it.
    if (isAway(error))
      void owed.endQuietly(`bridge ${id}`, () => ari.tell("DELETE /bridges/{bridgeId}", { path }));
    throw error;
  }
  return new MixingBridge(context, id);
}
