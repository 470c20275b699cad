import type { Language } from "../../domain/call-fact.ts";
import type { ChannelId } from "../../domain/ids.ts";
import { Inbox } from "../../ports/inbox.ts";
import {
  type DialledLeg,
  type Entry,
  type HangupCause,
  HungUp,
  type LegEnd,
  type Playback,
  type Recording,
} from "../../ports/telephony.ts";
import type { FakeBridge } from "./bridge.ts";

/** What the fake world offers to its channels. */
export interface FakeWorld {
  /** Lets a request's time pass. */
  latency(): Promise<void>;
  now(): number;
  /** How long a prompt takes. */
  readonly promptMs: number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Prompts that are missing. */
  readonly missing: ReadonlySet<string>;
  recorded(name: string): void;
  isRecorded(name: string): boolean;
  toFallback(leg: FakeLeg): void;
}

/** A channel in memory. */
export class FakeLeg implements DialledLeg {
  readonly id: ChannelId;
  readonly entry: Entry;
  readonly callerNumber: string;
  readonly callerName: string;
  readonly gone: AbortSignal;
  readonly keys = new Inbox<string>();
  readonly asked = Promise.resolve();
  readonly outcome: Promise<"answered" | HangupCause>;
  /** What the far end hears: prompts in order, for tests. */
  readonly heard: string[] = [];
  readonly labels = new Map<string, string>();
  readonly arrivedAt: number;
  /** The process whose application the channel is in; `null`: the dialplan has it. */
  holder: string | null = "kituo-test";
  /** Whether the dialplan has held the caller, and offers her again. */
  again = false;
  answered = false;
  ringing = false;
  /** When the dead-man's switch fires; 0: off. */
  switchAt = 0;
  bridge: FakeBridge | null = null;
  readonly #world: FakeWorld;
  readonly #ended = new AbortController();
  readonly #settleOutcome: (outcome: "answered" | HangupCause) => void;
  #playing: AbortController | null = null;

  constructor(
    world: FakeWorld,
    id: ChannelId,
    entry: Entry,
    number: string,
    name: string,
    arrivedAt = world.now(),
  ) {
    this.#world = world;
    this.arrivedAt = arrivedAt;
    this.id = id;
    this.entry = entry;
    this.callerNumber = number;
    this.callerName = name;
    this.gone = this.#ended.signal;
    const { promise, resolve } = Promise.withResolvers<"answered" | HangupCause>();
    this.outcome = promise;
    this.#settleOutcome = resolve;
  }

  /** Whether the far end hears a prompt just now. */
  get hearsPrompt(): boolean {
    return this.#playing !== null;
  }

  /**
   * The far end goes away, or we hung up: everything that hangs on the channel ends in the same moment. `when`: what is
   * told of that moment.
   */
  end(cause: HangupCause, when: LegEnd = { at: this.#world.now() }): void {
    if (this.gone.aborted) return;
    this.bridge?.drop(this);
    this.#playing?.abort();
    this.#ended.abort(new HungUp(this.id, cause, when));
    this.#settleOutcome(cause);
  }

  /** The far end picks up a phone that we ring. */
  pickUp(): void {
    if (this.gone.aborted || this.answered) return;
    this.answered = true;
    this.#settleOutcome("answered");
  }

  async answer(): Promise<void> {
    await this.#world.latency();
    if (!this.gone.aborted) this.answered = true;
  }

  async ring(): Promise<void> {
    await this.#world.latency();
    this.ringing = true;
  }

  async hangup(cause: HangupCause = "normal"): Promise<void> {
    if (this.gone.aborted) return;
    await this.#world.latency();
    this.end(cause);
  }

  async play(prompts: readonly string[], language: Language): Promise<Playback> {
    await this.#world.latency();
    const stopper = new AbortController();
    this.#playing?.abort();
    this.#playing = stopper;
    const finished = this.#playAll(prompts, language, AbortSignal.any([stopper.signal, this.gone]));
    void finished.then(() => {
      if (this.#playing === stopper) this.#playing = null;
    });
    return {
      finished,
      stop: async () => {
        stopper.abort();
        await finished;
      },
    };
  }

  async #playAll(prompts: readonly string[], language: Language, signal: AbortSignal) {
    for (const prompt of prompts) {
      if (this.#world.missing.has(prompt)) return "failed";
      if (signal.aborted) return "stopped";
      this.heard.push(`${language}:${prompt}`);
      try {
        await this.#world.sleep(this.#world.promptMs, signal);
      } catch {
        return "stopped"; // The sleep rejects only because the playback was ended.
      }
    }
    return "played";
  }

  async record(name: string, limits: { maxMs: number; silenceMs: number }): Promise<Recording> {
    await this.#world.latency();
    const stopper = new AbortController();
    const from = this.#world.now();
    const signal = AbortSignal.any([stopper.signal, this.gone]);
    const finished = this.#world.sleep(limits.maxMs, signal).then(
      () => undefined,
      () => undefined, // Stopped or hung up: the usual end of a message.
    );
    return {
      name,
      finished: finished.then(() => {
        this.#world.recorded(name);
        return { durationMs: this.#world.now() - from, failed: false };
      }),
      stop: async () => stopper.abort(),
    };
  }

  async label(labels: Readonly<Record<string, string>>): Promise<void> {
    await this.#world.latency();
    for (const [key, value] of Object.entries(labels)) this.labels.set(key, value);
  }

  async wind(ms: number): Promise<void> {
    await this.#world.latency();
    this.switchAt = ms === 0 ? 0 : this.#world.now() + ms;
  }

  async toFallback(): Promise<void> {
    await this.#world.latency();
    this.#world.toFallback(this);
  }
}
