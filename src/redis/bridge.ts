import type { Redis } from "ioredis";
import { z } from "zod";
import type { Board, BoardEvent, Bridge } from "../ports/board.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { abandon, answered, connectFirst, openConnection } from "./connection.ts";

interface BridgeOptions {
  readonly url: string;
  /** Processes hear of each other that share it. */
  readonly prefix: string;
  /** This life of this process: `name/life`. */
  readonly owner: string;
  readonly board: Board;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long the start waits for Redis. */
const startWithinMs = 5_000;
/** How long the others may take to say that they know of this process; one that has just died never does. */
const knownWithinMs = 500;
/** How often it is looked whether what the others say can still be heard. */
const lookEveryMs = 2_000;
/** Events in one message at most. */
const mostAtOnce = 100;

/**
 * What is told from one process to the others. Of agents each process hears at the desk itself, and how the parts are is
 * what each sees for itself.
 */
const crossing: ReadonlySet<BoardEvent["type"]> = new Set(["call", "ticket", "transcript"]);

/** Events come from a process of ours, perhaps of another version: what they are about is as trusted as the desk's. */
const batchSchema = z.object({
  from: z.string(),
  /** Whoever hears it says that it is there. */
  asks: z.boolean(),
  events: z.array(z.looseObject({ type: z.enum(["call", "ticket", "transcript", "missed"]) })),
});

/** A bridge over one channel of Redis, on which every process tells what happens to it. */
export function openBridge(options: BridgeOptions): Bridge {
  return new RedisBridge(options);
}

class RedisBridge implements Bridge {
  readonly #tell: Redis;
  readonly #ears: Redis;
  readonly #channel: string;
  readonly #options: BridgeOptions;
  readonly #waiting: BoardEvent[] = [];
  /** Whether our own connection is among those that a message reaches. */
  #hears = false;
  /** Whether something may have been told that was not heard here. */
  #mayMiss = false;
  /** As far as is known, no other process listens: then nothing is told. */
  #alone = true;
  /** Who has been heard. */
  readonly #known = new Set<string>();
  #onKnown: () => void = () => undefined;
  /** Something that the others should have heard has not reached them. */
  #owes = false;
  #flushing: NodeJS.Immediate | null = null;
  #looking: NodeJS.Timeout | undefined;
  #unsubscribe: () => void = () => undefined;

  constructor(options: BridgeOptions) {
    const { url, prefix, log } = options;
    this.#options = options;
    this.#channel = `{${prefix}}:board`;
    this.#tell = openConnection(url, "board-tell", log);
    this.#ears = openConnection(url, "board-hear", log);
  }

  async start(): Promise<void> {
    const { board, log } = this.#options;
    this.#unsubscribe = board.subscribe((event, origin) => {
      if (origin === "here" && !this.#alone && crossing.has(event.type)) this.#hold(event);
    });
    this.#ears.on("message", (_channel: string, text: string) => this.#hear(text));
    this.#ears.on("close", () => {
      this.#hears = false;
    });
    try {
      await Promise.all([
        connectFirst(this.#tell, startWithinMs),
        connectFirst(this.#ears, startWithinMs),
      ]);
      await this.#knownTo((await this.#listen()) - 1);
    } catch (error) {
      log.warn({ error }, "other processes cannot be heard yet");
      this.#mayMiss = true;
    }
    this.#ears.on("ready", () => void this.#listen()); // It never rejects.
    this.#tell.on("ready", () => {
      if (this.#owes) void this.#announce();
    });
    this.#looking = setInterval(() => this.#look(), lookEveryMs);
  }

  stop(): Promise<void> {
    this.#unsubscribe();
    clearInterval(this.#looking);
    if (this.#flushing !== null) clearImmediate(this.#flushing);
    this.#tell.disconnect();
    this.#ears.disconnect();
    return Promise.resolve();
  }

  /** Listens, and says so; how many do, this process included. */
  async #listen(): Promise<number> {
    const { board, clock, log } = this.#options;
    try {
      await answered(this.#ears.subscribe(this.#channel));
    } catch (error) {
      log.warn({ error }, "other processes cannot be heard yet");
      if (this.#ears.status === "ready") abandon(this.#ears);
      return 0;
    }
    this.#hears = true;
    // What was told meanwhile, there and here, is lost.
    if (this.#mayMiss) {
      this.#owes = true;
      board.hear({ type: "missed", at: clock.now() });
    }
    this.#mayMiss = true;
    return await this.#announce();
  }

  /** Until so many others have said that they know of this process, what they tell may not come here. */
  async #knownTo(others: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onKnown = () => {
      if (this.#known.size >= others) resolve();
    };
    this.#onKnown();
    const timer = setTimeout(resolve, knownWithinMs);
    await promise;
    clearTimeout(timer);
  }

  /** Says that this process is there, and that the others look anew if they could not hear it. */
  async #announce(): Promise<number> {
    const owed = this.#owes;
    this.#owes = false;
    return await this.#publish(
      owed ? [{ type: "missed", at: this.#options.clock.now() }] : [],
      true,
    );
  }

  #hold(event: BoardEvent): void {
    this.#waiting.push(event);
    this.#flushing ??= setImmediate(() => {
      this.#flushing = null;
      while (this.#waiting.length > 0) void this.#publish(this.#waiting.splice(0, mostAtOnce));
    });
  }

  /** How many it has reached, this process included. It never rejects. */
  async #publish(events: readonly BoardEvent[], asks = false): Promise<number> {
    const { owner, log } = this.#options;
    const text = JSON.stringify({ from: owner, asks, events });
    try {
      const reached = await answered(this.#tell.publish(this.#channel, text));
      this.#alone = reached <= (this.#hears ? 1 : 0);
      return reached;
    } catch (error) {
      // The connection tells of the outage; when it is over the others are told that they have missed something.
      log.debug({ error }, "other processes were not told");
      this.#owes = true;
      return 0;
    }
  }

  #hear(text: string): void {
    const { board, owner, log } = this.#options;
    const batch = batchSchema.safeParse(parsed(text));
    if (!batch.success) {
      log.warn({ error: batch.error }, "what another process told cannot be read");
      return;
    }
    const { from, asks, events } = batch.data;
    if (from === owner) return;
    this.#alone = false;
    this.#known.add(from);
    this.#onKnown();
    if (asks) void this.#publish([]);
    for (const event of events) board.hear(event as unknown as BoardEvent);
  }

  #look(): void {
    if (this.#owes) void this.#announce();
    if (this.#ears.status !== "ready") return;
    // A connection that swallows everything looks like one on which nobody says anything: this makes it answer or die.
    this.#ears.ping().catch((error: unknown) => {
      this.#options.log.debug({ error }, "whether other processes can be heard is not known");
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON is no batch either.
    return null;
  }
}
