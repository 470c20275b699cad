import { randomBytes } from "node:crypto";
import type { Agent } from "../../domain/agent.ts";
import type { CallState } from "../../domain/call.ts";
import type { AgentId, CallId } from "../../domain/ids.ts";
import type { Board } from "../../ports/board.ts";
import {
  type Item,
  itemsOf,
  merged,
  type News,
  presentItem,
  type RecordOf,
  subjectOf,
} from "./events.ts";
import { type Written, write } from "./written.ts";

/** One message of the stream, with all that a view may ask of it. */
export interface Entry {
  /** 1, 2, 3, ... within this process, no gaps. */
  readonly position: number;
  /** Where the stream stands behind it, as clients hand it back. */
  readonly resume: string;
  readonly event: News;
  /** When it happened. */
  readonly at: number;
  /** The same as `/ws/updates` tells it, written when the first one asks and once for all. */
  readonly written: Written;
  /** Of a call's message: the call as it was told before, if it was, and as it is now. */
  readonly call: Change<CallState> | null;
  readonly agent: Change<Agent> | null;
}

export interface Change<State> {
  readonly before: State | null;
  readonly now: State;
}

export interface StreamReader {
  /** What has happened, in one go. */
  told(entries: readonly Entry[]): void;
  /** Something has happened that will not be told: read the live state anew. */
  missed(): void;
}

/**
 * The board as one stream of messages, of which every socket is a view. What the board tells within one tick of the event
 * loop goes out together, so that only the newest of several states of the same call or agent is told. The last messages
 * are kept, so that whoever was away for a moment can go on from where it was.
 */
export class Stream {
  /** Names this life of the process in `resume`: positions of another one mean nothing here. */
  readonly #life = randomBytes(4).toString("hex");
  readonly #recordOf: RecordOf;
  readonly #most: number;
  readonly #unsubscribe: () => void;
  readonly #readers = new Set<StreamReader>();
  /** What waits for the end of the tick. */
  readonly #waiting = new Set<Item>();
  readonly #newest = new Map<string, Item>();
  #flushing: NodeJS.Immediate | null = null;
  #kept: Entry[] = [];
  #last = 0;
  readonly #calls = new Map<CallId, CallState>();
  readonly #agents = new Map<AgentId, Agent>();

  /** `most`: how many messages are kept. */
  constructor(board: Board, recordOf: RecordOf, most: number) {
    this.#recordOf = recordOf;
    this.#most = most;
    this.#unsubscribe = board.subscribe((event) => {
      if (event.type === "missed") this.#break();
      else this.#hold(event);
    });
  }

  /** The position of the newest message. */
  get position(): number {
    return this.#last;
  }

  read(reader: StreamReader): () => void {
    this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  }

  /** What clients hand back to go on from behind this position. */
  markOf(position: number): string {
    return `${this.#life}.${position}`;
  }

  /** The position that a client hands back; `null` when it is none of this process, or what came after it is not kept. */
  positionOf(mark: string): number | null {
    const [life = "", text = ""] = mark.split(".", 2);
    if (life !== this.#life || !/^\d{1,15}$/.test(text)) return null;
    const position = Number(text);
    return position <= this.#last && this.since(position) !== null ? position : null;
  }

  /** What came after a position, oldest first; `null` when that is not kept any more. */
  since(position: number): readonly Entry[] | null {
    const after = this.#last - position;
    if (after > this.#kept.length) return null;
    return after <= 0 ? [] : this.#kept.slice(-after);
  }

  /** Tells at once what waits for the end of the tick. */
  flush(): void {
    if (this.#flushing !== null) clearImmediate(this.#flushing);
    this.#flushing = null;
    if (this.#waiting.size === 0) return;
    const entries = Array.from(this.#waiting, (item) => this.#enter(item));
    this.#waiting.clear();
    this.#newest.clear();
    this.#kept.push(...entries);
    // Cut in portions, since each cut moves all that is kept.
    if (this.#kept.length > this.#most * 1.25) this.#kept = this.#kept.slice(-this.#most);
    for (const reader of this.#readers) reader.told(entries);
  }

  stop(): void {
    this.#unsubscribe();
    if (this.#flushing !== null) clearImmediate(this.#flushing);
  }

  #hold(event: News): void {
    for (const item of itemsOf(event)) {
      const subject = subjectOf(item);
      if (subject === null) {
        this.#waiting.add(item);
        continue;
      }
      // The newest goes to the end: in between may be a fact that was told with an older state.
      const older = this.#newest.get(subject);
      const newer = older === undefined ? item : merged(older, item);
      if (older !== undefined) this.#waiting.delete(older);
      this.#waiting.add(newer);
      this.#newest.set(subject, newer);
    }
    this.#flushing ??= setImmediate(() => this.flush());
  }

  #break(): void {
    this.flush();
    // A position of its own, so that whoever stands at the last message does not go on from there.
    this.#last += 1;
    this.#kept = [];
    this.#calls.clear();
    this.#agents.clear();
    for (const reader of this.#readers) reader.missed();
  }

  #enter(item: Item): Entry {
    const { event } = item;
    this.#last += 1;
    const resume = this.markOf(this.#last);
    const recordOf = this.#recordOf;
    let written: Written | null = null;
    return {
      position: this.#last,
      resume,
      event,
      at: event.type === "call" ? event.event.at : event.at,
      get written() {
        written ??= write(presentItem(item, recordOf), resume);
        return written;
      },
      call: event.type === "call" ? this.#changeOfCall(event.state) : null,
      agent: event.type === "agent" ? this.#changeOfAgent(event.agent) : null,
    };
  }

  #changeOfCall(now: CallState): Change<CallState> {
    const before = this.#calls.get(now.id) ?? null;
    if (now.stage === "ended") this.#calls.delete(now.id);
    else this.#calls.set(now.id, now);
    return { before, now };
  }

  #changeOfAgent(now: Agent): Change<Agent> {
    const before = this.#agents.get(now.id) ?? null;
    this.#agents.set(now.id, now);
    return { before, now };
  }
}
