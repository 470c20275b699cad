import { KituoError } from "../../domain/errors.ts";
import type { ChannelId, QueueName } from "../../domain/ids.ts";
import type { Log } from "../../ports/log.ts";
import type { Leg, Returned, Telephony } from "../../ports/telephony.ts";
import type { AmiAddress } from "../ami/client.ts";
import { createDeviceWatch } from "../ami/devices.ts";
import { adoptCaller, adoptPhone } from "./adopt.ts";
import { createMixingBridge, MixingBridge } from "./bridge.ts";
import { type AriClient, createAriClient } from "./client.ts";
import { RungLeg } from "./dialled.ts";
import { route } from "./events.ts";
import { createLookout } from "./look.ts";
import {
  forgetNative,
  lastAlive,
  nativeCalls,
  nativeEvent,
  tellAlive,
  tellSilent,
} from "./native.ts";
import { Outage } from "./outage.ts";
import { Owed } from "./owed.ts";
import { lookAfterLegs, reconcile } from "./reconcile.ts";
import { adoptRecording } from "./recording.ts";
import type { Context, Registry } from "./registry.ts";
import { HoldingRoom } from "./room.ts";
import { createSubscriber } from "./subscribe.ts";
import { inventory, survey } from "./survey.ts";
import { RingTurns } from "./turns.ts";

export interface AsteriskOptions {
  /** For example `http://127.0.0.1:8088/ari`. */
  readonly ariUrl: string;
  readonly user: string;
  readonly password: string;
  /** Our name as a Stasis application, `kituo-` and an id; the dialplan offers calls to names like that. */
  readonly app: string;
  /** Where AMI listens; the states of phones come from there. */
  readonly ami: AmiAddress;
  readonly log: Log;
  /** Told when another process took our name: nothing works from then on, and this process should end. */
  readonly onReplaced?: () => void;
  /** Told when another process took a channel out of our hands: it takes us for dead. */
  readonly onTaken?: (channel: ChannelId) => void;
  /** `null`, or what must settle before anything is changed in Asterisk; what is changed then rejects as it does. */
  readonly mayAct?: () => Promise<void> | null;
  readonly pingEveryMs?: number;
  readonly reconnectMs?: { readonly least: number; readonly most: number };
}

/** Telephony on one Asterisk. Counts of what went over the wire are for the benchmarks. */
export interface AsteriskTelephony extends Telephony {
  readonly counts: AriClient["counts"];
}

/** How often the dialplan is told that a server lives; it believes it for twice as long and more. */
const aliveEveryMs = 500;

/** Makes the adapter; nothing is connected before `start`. */
export function createAsteriskTelephony(options: AsteriskOptions): AsteriskTelephony {
  const { app, log } = options;
  const registry: Registry = { legs: new Map(), playbacks: new Map(), recordings: new Map() };
  const rooms = new Map<QueueName, HoldingRoom>();
  const owed = new Owed(log);
  let handleCall: (leg: Leg) => void = () => undefined;
  let handleReturn: (news: Returned) => void = () => undefined;
  let handleNative: () => void = () => undefined;
  let accepting = false;
  let alive: NodeJS.Timeout | null = null;
  let telling: Promise<void> | null = null;
  let connecting: Promise<number | null> | null = null;
  const outage = new Outage();

  const devices = createDeviceWatch({
    ...options.ami,
    log,
    onPulse() {
      // The ends of phones that rang may have been missed.
      if (devices.healthy && ari.healthy) lookAgain();
      pulse();
    },
    onHangup: (channel, cause) => registry.legs.get(channel)?.onUnanswered(cause),
    onUserEvent(name) {
      if (name === nativeEvent) run("native call", () => handleNative());
    },
  });
  const ari = createAriClient({
    url: options.ariUrl,
    user: options.user,
    password: options.password,
    app,
    log,
    onEvent: (event) => route(context, event, { onOffer: claim, onCall: receive }),
    onConnect: connected,
    onPulse: pulse,
    onReplaced: () => options.onReplaced?.(),
    ...(options.mayAct === undefined ? {} : { mayAct: options.mayAct }),
    ...(options.pingEveryMs === undefined ? {} : { pingEveryMs: options.pingEveryMs }),
    ...(options.reconnectMs === undefined ? {} : { reconnectMs: options.reconnectMs }),
  });
  const context: Context = {
    ari,
    registry,
    log,
    ...createLookout(ari),
    subscribe: createSubscriber(ari),
    ends,
    owed,
    turns: new RingTurns(),
    onPhoneFree: (extension) => devices.presumeIdle(extension),
    onTaken: (channel) => options.onTaken?.(channel),
  };
  const isUp = () => ari.healthy && devices.healthy;

  async function connected(): Promise<void> {
    const { startedAt } = await reconcile(context, outage.life, outage.lostAt);
    outage.found(startedAt);
  }

  /** The manager may not be back yet: then nobody knows when it was. */
  async function ends(): Promise<ReadonlyMap<string, number>> {
    try {
      const kept = await nativeCalls(devices.manager, log);
      return new Map(kept.map(({ channel, endedAt }) => [channel, endedAt]));
    } catch (error) {
      log.warn({ error }, "when channels ended unseen could not be learnt");
      return new Map();
    }
  }

  /** Without an answer nobody knows, and who left unseen left when that is seen. */
  async function servedBefore(): Promise<number | null> {
    try {
      return await lastAlive(ari);
    } catch (error) {
      log.warn({ error }, "when a server was last alive could not be learnt");
      return null;
    }
  }

  /** Something of Asterisk has come, gone, or answered. */
  function pulse(): void {
    const news = outage.note(isUp(), ari.heardAt);
    if (ari.healthy) void owed.settle();
    if (news !== null) run("return of asterisk", () => handleReturn(news));
  }

  function lookAgain(): void {
    lookAfterLegs(context, { since: null, restarted: false }).catch((error: unknown) => {
      log.warn({ error }, "what was missed of phones that rang could not be learnt");
    });
  }

  function run(what: string, handler: () => void): void {
    try {
      handler();
    } catch (error) {
      log.error({ error, what }, "telephony: a handler failed");
    }
  }

  function silenceFailed(error: unknown): void {
    log.warn({ error }, "the dialplan could not be told that a server leaves");
  }

  function sayAlive(): void {
    if (!ari.healthy || telling !== null) return;
    telling = tellAlive(ari)
      .catch((error: unknown) => {
        log.warn({ error }, "the dialplan could not be told that a server lives");
      })
      .finally(() => {
        telling = null;
      });
  }

  /** The first to claim gets the call; that somebody else was faster, or the caller gave up, is ordinary. */
  function claim(channel: string): void {
    if (!accepting && !registry.legs.has(channel)) return;
    ari
      .tell("POST /events/claim", { query: { channelId: channel, application: app } })
      .catch((error: unknown) => log.warn({ error, channel }, "call: could not be claimed"));
  }

  function receive(leg: Leg): void {
    run("call", () => handleCall(leg));
  }

  /** Connects, once; settles as `start` does. */
  function connect(): Promise<number | null> {
    connecting ??= begin();
    return connecting;
  }

  async function begin(): Promise<number | null> {
    try {
      const [servedUntil] = await Promise.all([ari.start().then(servedBefore), devices.start()]);
      return servedUntil;
    } catch (error) {
      throw new KituoError("telephony_down", "stopped before it was connected", [], error);
    }
  }

  return {
    onCall(handler) {
      handleCall = handler;
    },
    onDevice(handler) {
      devices.onDevice(handler);
    },
    connect() {
      connect().catch(() => undefined); // Whoever starts it is told.
    },
    async start() {
      accepting = true;
      const servedUntil = await connect();
      sayAlive();
      alive = setInterval(sayAlive, aliveEveryMs);
      return servedUntil;
    },
    drain() {
      accepting = false;
    },
    async stop() {
      accepting = false;
      if (alive !== null) clearInterval(alive);
      await telling;
      if (ari.healthy) await tellSilent(ari).catch(silenceFailed);
      devices.stop();
      ari.close();
    },
    health: () => (isUp() ? "up" : "down"),
    onReturn(handler) {
      handleReturn = handler;
    },
    onNative(handler) {
      handleNative = handler;
    },
    dial: (request) => new RungLeg(context, request),
    createBridge: (id) => createMixingBridge(context, id),
    async waitingRoom(queue) {
      const room = rooms.get(queue) ?? new HoldingRoom(context, queue);
      rooms.set(queue, room);
      await room.open();
      return room;
    },
    async fetchRecording(name) {
      const found = await ari.tell("GET /recordings/stored/{recordingName}/file", {
        path: { recordingName: name },
      });
      return found?.value ?? null;
    },
    async deleteRecording(name) {
      await ari.tell("DELETE /recordings/stored/{recordingName}", {
        path: { recordingName: name },
      });
    },
    devices: () => devices.list(),
    async recheck(channel) {
      const leg = registry.legs.get(channel);
      if (leg === undefined) return;
      const found = await ari.tell("GET /channels/{channelId}", { path: { channelId: channel } });
      if (found === null) leg.onFound({ is: "gone" });
    },
    inventory: () => inventory(context),
    survey: () => survey(context),
    adopt: (channel, entry, talks = false) => adoptCaller(context, channel, entry, talks),
    adoptDialled: (channel, extension) => adoptPhone(context, channel, extension),
    adoptBridge: (id) => new MixingBridge(context, id),
    adoptRecording: (name, since, of) => adoptRecording(context, name, since, of),
    nativeCalls: () => nativeCalls(devices.manager, log),
    forgetNative: (channel) => forgetNative(devices.manager, channel),
    get counts() {
      return ari.counts;
    },
  };
}
