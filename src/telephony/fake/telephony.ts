import type { Device } from "../../domain/agent.ts";
import {
  asBridgeId,
  asChannelId,
  type BridgeId,
  type CallId,
  type ChannelId,
  type QueueName,
} from "../../domain/ids.ts";
import type { Clock } from "../../ports/clock.ts";
import type {
  Bridge,
  DeviceChange,
  DialledLeg,
  DialRequest,
  Entry,
  Inventory,
  Leg,
  NativeCall,
  Recording,
  Returned,
  Room,
  Survey,
  Telephony,
} from "../../ports/telephony.ts";
import { FakeBridge } from "./bridge.ts";
import { FakeLeg, type FakeWorld } from "./leg.ts";

export interface FakeOptions {
  readonly clock: Clock;
  /** How long a request takes, in milliseconds; called for each. */
  readonly latencyMs?: () => number;
  readonly promptMs?: number;
  readonly missingPrompts?: readonly string[];
}

/** A telephone exchange in memory, for the rules of calls and for soak tests on a clock that is wound. */
export class FakeTelephony implements Telephony {
  /** Channels that went to the native fallback. */
  readonly fallen: FakeLeg[] = [];
  /** What the dialplan tells of calls that ended in its hands; tests put it here. */
  readonly natives = new Map<ChannelId, NativeCall>();
  readonly #world: FakeWorld;
  readonly #legs = new Map<string, FakeLeg>();
  readonly #lost = new Map<ChannelId, FakeLeg>();
  readonly #bridges = new Map<BridgeId, FakeBridge>();
  readonly #rooms = new Map<QueueName, FakeBridge>();
  readonly #recordings = new Set<string>();
  #tellReturn: (news: Returned) => void = () => undefined;
  #tellNative: () => void = () => undefined;
  readonly #phones = new Map<string, (ringing: FakeLeg) => void>();
  readonly #outside = new Map<string, (ringing: FakeLeg) => void>();
  #takeCall: (leg: Leg) => void = () => undefined;
  #tellDevice: (change: DeviceChange) => void = () => undefined;
  #count = 0;

  constructor(options: FakeOptions) {
    const { clock } = options;
    const latencyMs = options.latencyMs ?? (() => 0);

    this.#world = {
      latency: () => clock.sleep(latencyMs(), new AbortController().signal),
      now: () => clock.now(),
      promptMs: options.promptMs ?? 2_000,
      sleep: (ms, signal) => clock.sleep(ms, signal),
      missing: new Set(options.missingPrompts),
      recorded: (name) => this.#recordings.add(name),
      isRecorded: (name) => this.#recordings.has(name),
      toFallback: (leg) => {
        this.fallen.push(leg);
        leg.end("normal");
      },
    };
  }

  onCall(handler: (leg: Leg) => void): void {
    this.#takeCall = handler;
  }

  onDevice(handler: (change: DeviceChange) => void): void {
    this.#tellDevice = handler;
  }

  connect(): void {}

  async start(): Promise<null> {
    for (const extension of this.#phones.keys()) this.#device(extension);
    return null;
  }

  drain(): void {
    this.#takeCall = () => undefined;
  }

  async stop(): Promise<void> {
    this.drain();
  }

  health(): "up" {
    return "up";
  }

  onReturn(handler: (news: Returned) => void): void {
    this.#tellReturn = handler;
  }

  /** Asterisk was away for a moment; when it was started anew, every channel is gone. */
  comeBack(news: Returned): void {
    if (news.restarted) for (const leg of this.#legs.values()) leg.end("asterisk_died");
    this.#tellReturn(news);
  }

  /** Puts a phone on an extension; `onRing` is told of each call to it and decides with `pickUp` or `end`. */
  plugIn(extension: string, onRing: (ringing: FakeLeg) => void): void {
    this.#phones.set(extension, onRing);
    this.#device(extension);
  }

  unplug(extension: string): void {
    this.#phones.delete(extension);
    this.#device(extension);
  }

  /** The same for a telephone outside, which is reached over a trunk. */
  plugInOutside(number: string, onRing: (ringing: FakeLeg) => void): void {
    this.#outside.set(number, onRing);
  }

  unplugOutside(number: string): void {
    this.#outside.delete(number);
  }

  /** A new call comes in; the returned leg is the caller's end as well. */
  incoming(entry: Entry, number = "+254700000001", name = ""): FakeLeg {
    const leg = this.#newLeg(`in-${++this.#count}`, entry, number, name);
    this.#takeCall(leg);
    return leg;
  }

  /** The dead-man's switch takes a caller to the dialplan, and that offers her again. */
  offerAgain(leg: FakeLeg, again = true): FakeLeg {
    leg.end("released");
    const { id, entry, callerNumber, callerName, arrivedAt } = leg;
    const offered = this.#newLeg(id, entry, callerNumber, callerName, arrivedAt);
    offered.again = again;
    this.#takeCall(offered);
    return offered;
  }

  dial(request: DialRequest): DialledLeg {
    const { id, to } = request;
    const entry: Entry =
      "extension" in to
        ? { from: "extension", extension: to.extension, dialled: "" }
        : { from: "outside", dialled: to.number };
    const leg = this.#newLeg(id, entry, request.callerNumber, request.callerName);
    leg.labels.set("call", request.call).set("role", "extension" in to ? "agent" : to.role);
    const onRing =
      "extension" in to ? this.#phones.get(to.extension) : this.#outside.get(to.number);
    void this.#world.latency().then(() => {
      if (onRing === undefined) return leg.end("unreachable");
      if ("extension" in to) this.#device(to.extension);
      if (leg.gone.aborted) return;
      onRing(leg);
      const answered = new AbortController();
      void leg.outcome.then(() => answered.abort());
      this.#world.sleep(request.timeoutMs, answered.signal).then(
        () => leg.end("no_answer"),
        () => undefined, // Answered, or gone for another reason.
      );
    });
    return leg;
  }

  async createBridge(id: BridgeId): Promise<Bridge> {
    await this.#world.latency();
    const bridge = new FakeBridge(this.#world, id, () => this.#bridges.delete(id));
    this.#bridges.set(id, bridge);
    return bridge;
  }

  async waitingRoom(queue: QueueName): Promise<Room> {
    const known = this.#rooms.get(queue);
    if (known !== undefined) return known;
    const room = new FakeBridge(this.#world, asBridgeId(`q-${queue}`), () => undefined);
    this.#rooms.set(queue, room);
    await this.#world.latency();
    return room;
  }

  async fetchRecording(name: string): Promise<Uint8Array | null> {
    await this.#world.latency();
    return this.#recordings.has(name) ? new TextEncoder().encode(`RIFF ${name}`) : null;
  }

  async deleteRecording(name: string): Promise<void> {
    this.#recordings.delete(name);
  }

  async devices(): Promise<ReadonlyMap<string, Device>> {
    await this.#world.latency();
    return new Map(
      Array.from(this.#phones.keys(), (extension) => [extension, this.#deviceOf(extension)]),
    );
  }

  async recheck(channel: ChannelId): Promise<void> {
    await this.#world.latency();
    const leg = this.#lost.get(channel);
    this.#lost.delete(channel);
    leg?.end("normal");
  }

  /** A channel goes, and nobody is told. */
  lose(leg: FakeLeg): void {
    this.#legs.delete(leg.id);
    this.#lost.set(leg.id, leg);
  }

  async inventory(): Promise<Inventory> {
    return {
      channels: [...this.#legs.keys()].map(asChannelId),
      bridges: [...this.#bridges.keys()],
    };
  }

  async survey(): Promise<Survey> {
    await this.#world.latency();
    return {
      channels: Array.from(this.#legs.values(), (leg) => ({
        id: leg.id,
        holder: leg.holder,
        call: (leg.labels.get("call") ?? null) as CallId | null,
        role: (leg.labels.get("role") ?? null) as "caller" | "agent" | null,
        extension: leg.entry.from === "extension" ? leg.entry.extension : null,
        answered: leg.answered,
        since: leg.arrivedAt,
      })),
      bridges: Array.from(this.#bridges.values(), (bridge) => ({
        id: bridge.id,
        maker: "kituo-test",
        channels: Array.from(bridge.members, (leg) => leg.id),
      })),
    };
  }

  async adopt(channel: ChannelId, entry: Entry | null): Promise<Leg> {
    return await this.#adopted(channel, entry ?? { from: "outside", dialled: "" });
  }

  async adoptDialled(channel: ChannelId, extension: string | null): Promise<DialledLeg> {
    const entry: Entry =
      extension === null
        ? { from: "outside", dialled: "" }
        : { from: "extension", extension, dialled: "" };
    return await this.#adopted(channel, entry);
  }

  adoptBridge(id: BridgeId): Bridge {
    return this.#bridges.get(id) ?? new FakeBridge(this.#world, id, () => undefined);
  }

  async adoptRecording(name: string, since: number): Promise<Recording | null> {
    await this.#world.latency();
    if (!this.#recordings.has(name)) return null;
    const end = { durationMs: this.#world.now() - since, failed: false };
    return { name, finished: Promise.resolve(end), stop: async () => undefined };
  }

  async nativeCalls(): Promise<readonly NativeCall[]> {
    return [...this.natives.values()];
  }

  async forgetNative(channel: ChannelId): Promise<void> {
    this.natives.delete(channel);
  }

  onNative(handler: () => void): void {
    this.#tellNative = handler;
  }

  /** The dialplan tells how a call ended in its hands. */
  tellNative(call: NativeCall): void {
    this.natives.set(call.channel, call);
    this.#tellNative();
  }

  /** The channel as it is, taken out of a dead process's hands; or one that has gone. */
  async #adopted(id: ChannelId, entry: Entry): Promise<FakeLeg> {
    await this.#world.latency();
    const known = this.#legs.get(id);
    if (known !== undefined && known.holder !== null) {
      known.holder = "kituo-test";
      known.again = true;
      return known;
    }
    const gone = new FakeLeg(this.#world, id, entry, "", "");
    gone.again = true;
    gone.end(known === undefined ? "normal" : "released", { unseen: true });
    return gone;
  }

  /** Puts a recording there that a process which is dead has left. */
  leaveRecording(name: string): void {
    this.#recordings.add(name);
  }

  /** How many recordings lie on the exchange's own disk. */
  get recordingsLeft(): number {
    return this.#recordings.size;
  }

  #newLeg(id: string, entry: Entry, number: string, name: string, arrivedAt?: number): FakeLeg {
    const leg = new FakeLeg(this.#world, asChannelId(id), entry, number, name, arrivedAt);
    this.#legs.set(id, leg);
    leg.gone.addEventListener("abort", () => {
      this.#legs.delete(id);
      if (entry.from === "extension") this.#device(entry.extension);
    });
    return leg;
  }

  #device(extension: string): void {
    this.#tellDevice({ extension, device: this.#deviceOf(extension) });
  }

  #deviceOf(extension: string): Device {
    const isBusy = [...this.#legs.values()].some(
      ({ entry }) => entry.from === "extension" && entry.extension === extension,
    );
    return !this.#phones.has(extension) ? "unreachable" : isBusy ? "busy" : "idle";
  }
}
