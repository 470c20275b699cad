import { KituoError } from "../../domain/errors.ts";
import { asBridgeId, asChannelId, type QueueName } from "../../domain/ids.ts";
import type { Log } from "../../ports/log.ts";
import type { Leg, Telephony } from "../../ports/telephony.ts";
import type { AmiAddress } from "../ami/client.ts";
import { createDeviceWatch } from "../ami/devices.ts";
import { createMixingBridge } from "./bridge.ts";
import { type AriClient, createAriClient } from "./client.ts";
import { RungLeg } from "./dialled.ts";
import { route } from "./events.ts";
import { labelNames } from "./labels.ts";
import { reconcile } from "./reconcile.ts";
import type { Context, Registry } from "./registry.ts";
import { HoldingRoom, isRoom } from "./room.ts";

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
  readonly pingEveryMs?: number;
  readonly reconnectMs?: { readonly least: number; readonly most: number };
}

/** Telephony on one Asterisk. Counts of what went over the wire are for the benchmarks. */
export interface AsteriskTelephony extends Telephony {
  readonly counts: AriClient["counts"];
}

/** Makes the adapter; nothing is connected before `start`. */
export function createAsteriskTelephony(options: AsteriskOptions): AsteriskTelephony {
  const { app, log } = options;
  const devices = createDeviceWatch({ ...options.ami, log });
  const registry: Registry = { legs: new Map(), playbacks: new Map(), recordings: new Map() };
  const rooms = new Map<QueueName, HoldingRoom>();
  let handleCall: (leg: Leg) => void = () => undefined;
  let accepting = false;

  const ari = createAriClient({
    url: options.ariUrl,
    user: options.user,
    password: options.password,
    app,
    log,
    onEvent: (event) => route(context, event, { onOffer: claim, onCall: receive }),
    onConnect: () => reconcile(context),
    onDisconnect: () => log.warn({}, "events of asterisk: connection lost"),
    onReplaced: () => options.onReplaced?.(),
    ...(options.pingEveryMs === undefined ? {} : { pingEveryMs: options.pingEveryMs }),
    ...(options.reconnectMs === undefined ? {} : { reconnectMs: options.reconnectMs }),
  });
  const context: Context = { ari, registry, log };

  /** The first to claim gets the call; that somebody else was faster, or the caller gave up, is ordinary. */
  function claim(channel: string): void {
    if (!accepting) return;
    ari
      .tell("POST /events/claim", { query: { channelId: channel, application: app } })
      .catch((error: unknown) => log.warn({ error, channel }, "call: could not be claimed"));
  }

  function receive(leg: Leg): void {
    try {
      handleCall(leg);
    } catch (error) {
      log.error({ error, channel: leg.id }, "call: its handler failed");
    }
  }

  return {
    onCall(handler) {
      handleCall = handler;
    },
    onDevice(handler) {
      devices.onDevice(handler);
    },
    async start() {
      accepting = true;
      try {
        await Promise.all([ari.start(), devices.start()]);
      } catch (error) {
        throw new KituoError("telephony_down", "stopped before it was connected", [], error);
      }
    },
    async stop() {
      accepting = false;
      devices.stop();
      ari.close();
    },
    health: () => (ari.healthy && devices.healthy ? "up" : "down"),
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
    async inventory() {
      const [own, channels, bridges] = await Promise.all([
        ari.tell("GET /applications/{applicationName}", { path: { applicationName: app } }),
        ari.tell("GET /channels", {}),
        ari.tell("GET /bridges", {}),
      ]);
      const ours = new Set([...(own?.value.channel_ids ?? []), ...registry.legs.keys()]);
      return {
        channels: (channels?.value ?? [])
          .filter((one) => ours.has(one.id) || one.channelvars?.[labelNames.call] !== undefined)
          .map((one) => asChannelId(one.id)),
        bridges: (bridges?.value ?? [])
          .filter((one) => one.name === app && !isRoom(one.id))
          .map((one) => asBridgeId(one.id)),
      };
    },
    get counts() {
      return ari.counts;
    },
  };
}
