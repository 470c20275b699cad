import type { Language } from "../../domain/call-fact.ts";
import type { ChannelId } from "../../domain/ids.ts";
import { Inbox } from "../../ports/inbox.ts";
import {
  type Entry,
  type HangupCause,
  HungUp,
  type Leg,
  type LegEnd,
  type Playback,
  type Recording,
} from "../../ports/telephony.ts";
import { causeOf, reasonOf } from "./cause.ts";
import { CommandQueue } from "./commands.ts";
import { farewell } from "./farewell.ts";
import { areSet, type Labels, labelVariables } from "./labels.ts";
import { whereabouts } from "./look.ts";
import { playbackIds, startPlayback } from "./playback.ts";
import { startRecording } from "./recording.ts";
import type { Context, Found, LiveLeg, Media } from "./registry.ts";
import type { Channel } from "./wire.generated.ts";

/** What is known of a channel when its leg is made. */
export interface LegFacts {
  readonly id: ChannelId;
  readonly entry: Entry;
  readonly callerNumber: string;
  readonly callerName: string;
  readonly arrivedAt: number;
  readonly again: boolean;
  /** Its variables, as they were seen. */
  readonly variables?: Channel["channelvars"];
  /** Which of its two ids the last playback had that may not have told its end yet; 0 or 1. */
  readonly playedLast?: number;
}

/**
 * The dead-man's switch is never taken off, for Asterisk looks at it twice without a lock (`ast_check_hangup`: is there a
 * time, and is it over?): taken off in between, it fires. Wound for a week it is off, as calls go.
 */
const offS = 604_800;

/** A channel that is in our Stasis application. */
export class AsteriskLeg implements Leg, LiveLeg {
  readonly id: ChannelId;
  readonly entry: Entry;
  readonly callerNumber: string;
  readonly callerName: string;
  readonly arrivedAt: number;
  readonly again: boolean;
  readonly keys = new Inbox<string>();
  readonly commands = new CommandQueue();
  protected readonly context: Context;
  /** The cause that we hung up with, once we have. */
  protected askedCause: HangupCause | null = null;
  readonly #end = new AbortController();
  readonly #media = new Set<Media>();
  #playbacks: number;
  /** The variables that its channel had when it was seen, while nobody has set any. */
  #seen: Channel["channelvars"];
  #hangingUp: Promise<void> | null = null;

  constructor(context: Context, facts: LegFacts) {
    this.context = context;
    this.id = facts.id;
    this.entry = facts.entry;
    this.callerNumber = facts.callerNumber;
    this.callerName = facts.callerName;
    this.arrivedAt = facts.arrivedAt;
    this.again = facts.again;
    this.#playbacks = facts.playedLast ?? 0;
    this.#seen = facts.variables;
    context.registry.legs.set(facts.id, this);
  }

  get exists(): boolean {
    return true;
  }

  get gone(): AbortSignal {
    return this.#end.signal;
  }

  async answer(): Promise<void> {
    await this.#whenQuiet(() =>
      this.context.ari.tell("POST /channels/{channelId}/answer", this.#path()),
    );
  }

  async ring(): Promise<void> {
    await this.#whenQuiet(() =>
      this.context.ari.tell("POST /channels/{channelId}/ring", this.#path()),
    );
  }

  hangup(cause: HangupCause = "normal"): Promise<void> {
    this.#hangingUp ??= this.#sendHangup(cause).catch((error: unknown) => {
      this.#hangingUp = null;
      throw error;
    });
    return this.#hangingUp;
  }

  play(prompts: readonly string[], language: Language): Promise<Playback> {
    return this.commands.run(async () => {
      this.#playbacks += 1;
      const playbackId = playbackIds(this.id)[this.#playbacks % 2] ?? "";
      const playback = await startPlayback(this.context, this, playbackId, prompts, language);
      this.track(playback);
      return playback;
    });
  }

  record(name: string, limits: { maxMs: number; silenceMs: number }): Promise<Recording> {
    return this.commands.run(async () => {
      const recording = await startRecording(
        this.context,
        name,
        () =>
          this.context.ari.ask("POST /channels/{channelId}/record", {
            ...this.#path(),
            query: {
              name,
              format: "wav",
              maxDurationSeconds: Math.ceil(limits.maxMs / 1_000),
              maxSilenceSeconds: Math.ceil(limits.silenceMs / 1_000),
              ifExists: "fail",
              terminateOn: "#",
            },
          }),
        this.gone,
      );
      this.track(recording);
      return recording;
    });
  }

  async label(labels: Labels): Promise<void> {
    // One that is adopted has them, as a rule.
    if (areSet(this.#seen, labels)) return;
    this.#seen = {};
    await this.#whenQuiet(() =>
      this.context.ari.tell("POST /channels/{channelId}/variables", {
        ...this.#path(),
        body: { variables: labelVariables(labels) },
      }),
    );
  }

  async wind(ms: number): Promise<void> {
    await this.#whenQuiet(() =>
      this.context.ari.tell("POST /channels/{channelId}/variable", {
        ...this.#path(),
        query: { variable: "TIMEOUT(absolute)", value: String(ms === 0 ? offS : ms / 1_000) },
      }),
    );
  }

  async toFallback(): Promise<void> {
    this.askedCause ??= "released";
    await this.context.ari.tell("POST /channels/{channelId}/continue", {
      ...this.#path(),
      query: { context: "kituo-fallback", extension: "s", priority: 1 },
    });
  }

  /**
   * What somebody else has played is stopped before the next command, which would have to wait for it; `stop` says which
   * of the two ids it had. Where nothing is asked of the channel, she may hear it to its end.
   */
  hush(stop: () => Promise<number>): void {
    this.commands.beforeNext(async () => {
      try {
        this.#playbacks = await stop();
      } catch (error) {
        this.context.log.warn({ error, channel: this.id }, "leg: not hushed");
      }
    });
  }

  async stopMedia(): Promise<void> {
    await Promise.all([...this.#media].map((media) => media.stop()));
  }

  onKey(key: string): void {
    this.keys.put(key);
  }

  track(media: Media): void {
    this.#media.add(media);
    void media.finished.then(() => this.#media.delete(media));
  }

  onStart(): void {
    // A caller's leg is made by this very event, or was there before she was moved.
  }

  onUnanswered(_cause: number): void {
    // A caller's channel is in our application; its end is told there.
  }

  onHangup(cause: number | undefined, at: number, _asked: boolean): void {
    this.end(this.askedCause ?? causeOf(cause), { at });
  }

  onLeft(): void {
    if (this.askedCause !== null) return this.end(this.askedCause);
    // It left without a hangup and not by our will: the dead-man's switch has taken it, or another process.
    whereabouts(this.context, this.id).then(
      (found) => this.onFound(found),
      (error: unknown) => {
        this.context.log.warn({ error, channel: this.id }, "leg: who took it could not be learnt");
        this.end("released");
      },
    );
  }

  onDestroyed(cause: number, at: number): void {
    this.end(this.askedCause ?? causeOf(cause), { at });
  }

  onFound(found: Found): void {
    switch (found.is) {
      case "up":
      case "down":
        return;
      case "taken":
        return this.#leave();
      case "gone":
        return this.end(this.askedCause ?? this.unseenCause, unseen(found.at));
      case "released":
        return this.end(this.askedCause ?? "released");
      case "asterisk_died":
        return this.end("asterisk_died", unseen(found.at));
      default:
        found satisfies never;
    }
  }

  /** What is taken for the cause when a channel has gone while nobody listened. */
  protected get unseenCause(): HangupCause {
    return "normal";
  }

  /** Settles when the channel exists in Asterisk, as far as we caused it. */
  protected created(): Promise<void> {
    return Promise.resolve();
  }

  /** The one place where a leg ends; the first cause told is the one that counts. */
  protected end(cause: HangupCause, when: LegEnd = {}): void {
    if (this.#end.signal.aborted) return;
    this.#forget();
    this.#end.abort(new HungUp(this.id, cause, when));
  }

  /** Another process has the channel: nothing is told of it here any more, and nothing was hung up. */
  #leave(): void {
    if (this.#end.signal.aborted) return;
    this.#forget();
    this.context.onTaken(this.id);
  }

  #forget(): void {
    const { legs } = this.context.registry;
    if (legs.get(this.id) === this) legs.delete(this.id);
  }

  #path() {
    return { path: { channelId: this.id } };
  }

  /** Asterisk holds these commands back while something plays on the channel: they are sent when it has ended. */
  #whenQuiet(command: () => Promise<unknown>): Promise<void> {
    return this.commands.run(async () => {
      while (this.#media.size > 0) {
        await Promise.all(Array.from(this.#media, (media) => media.finished));
      }
      if (this.gone.aborted) return;
      if ((await command()) === null) await farewell(this.gone);
    });
  }

  async #sendHangup(cause: HangupCause): Promise<void> {
    if (this.gone.aborted) return;
    this.askedCause ??= cause;
    // A request to end a channel must not overtake the one that makes it: the phone would ring for ever.
    await this.created();
    if (this.gone.aborted) return;
    await this.context.owed.end(`channel ${this.id}`, async () => {
      const done = await this.context.ari.tell("DELETE /channels/{channelId}", {
        ...this.#path(),
        query: { reason: reasonOf[cause] },
      });
      if (done === null) this.end(cause);
    });
  }
}

/** When a leg ended while nobody listened; what nothing is known of may have been just now. */
function unseen(at: number | undefined): LegEnd {
  return at === undefined ? {} : { at, unseen: true };
}
