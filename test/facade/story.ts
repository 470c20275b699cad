import { apply, begin, type CallState } from "../../src/domain/call.ts";
import type { CallEvent, CallFact } from "../../src/domain/call-fact.ts";
import {
  asAgentId,
  asBridgeId,
  asCallId,
  asChannelId,
  asQueueName,
  type CallId,
} from "../../src/domain/ids.ts";
import type { Harness } from "./harness.ts";

/** The facts of a call that is answered, waits for support, is offered to AGT-001 and talked, one a second. */
export const wholeCall: readonly CallFact[] = [
  {
    type: "started",
    direction: "inbound",
    caller: "+254711000001",
    callerName: "John Doe",
    dialled: "+254700000000",
    channel: asChannelId("chan-1"),
  },
  { type: "answered" },
  { type: "menu_entered", menu: "main", prompts: ["welcome"] },
  { type: "key_pressed", menu: "main", key: "2" },
  { type: "queued", queue: asQueueName("support"), priority: 0 },
  {
    type: "offered",
    agent: asAgentId("AGT-001"),
    extension: "1001",
    queue: asQueueName("support"),
    reasons: ["longest idle"],
  },
  { type: "offer_ended", agent: asAgentId("AGT-001"), outcome: "answered" },
  {
    type: "connected",
    agent: asAgentId("AGT-001"),
    extension: "1001",
    bridge: asBridgeId("bridge-1"),
    channel: asChannelId("chan-2"),
  },
  { type: "recording_started", recording: "CALL-00000001-1" },
  { type: "recording_ended", recording: "CALL-00000001-1", durationMs: 1_000 },
  { type: "ended", ending: { result: "completed", reason: "talked", by: "caller" } },
];

/** Tells a call's facts one after the other, as the server's own record does: the board first, then desk and store. */
export class Story {
  readonly id: CallId;
  readonly #harness: Harness;
  readonly #facts: readonly CallFact[];
  readonly #events: CallEvent[] = [];
  #state: CallState | null = null;

  constructor(harness: Harness, id: string, facts: readonly CallFact[] = wholeCall) {
    this.id = asCallId(id);
    this.#harness = harness;
    this.#facts = facts;
  }

  get state(): CallState {
    if (this.#state === null) throw new Error("the story has not begun");
    return this.#state;
  }

  get isOver(): boolean {
    return this.#events.length === this.#facts.length;
  }

  /** Tells the next fact: publishes it, then writes it down. */
  async next(): Promise<void> {
    this.publishNext();
    await this.save();
  }

  publishNext(): void {
    const fact = this.#facts[this.#events.length];
    if (fact === undefined) throw new Error("the story is over");
    const seq = this.#events.length + 1;
    const event: CallEvent = { ...fact, call: this.id, seq, at: this.#harness.now };
    this.#harness.now += 1_000;
    this.#events.push(event);
    this.#state = this.#state === null ? begin(event) : apply(this.#state, event);
    this.#harness.deps.board.publish({ type: "call", event, state: this.#state });
  }

  async save(): Promise<void> {
    const { desk, store } = this.#harness.deps;
    const state = this.state;
    // One that has ended stays there until what follows it is done.
    await desk.saveCall(state, "test");
    await store.calls.append([...this.#events], [state]);
  }

  /** Tells up to and including the first fact of this type. */
  async until(type: CallFact["type"]): Promise<this> {
    while (!this.isOver) {
      await this.next();
      if (this.#events.at(-1)?.type === type) return this;
    }
    throw new Error(`the story has no more ${type}`);
  }
}
