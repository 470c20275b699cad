import type { Device } from "../../domain/agent.ts";
import { extensions, isExtension } from "../../domain/centre.ts";
import type { Log } from "../../ports/log.ts";
import type { DeviceChange } from "../../ports/telephony.ts";
import { type AmiAddress, type AmiClient, createAmiClient } from "./client.ts";
import { type AmiMessage, valueOf } from "./message.ts";

/** Tells the state of every phone, and each change of it. */
export interface DeviceWatch {
  /** Sets who is told; at once of what is known already. */
  onDevice(handler: (change: DeviceChange) => void): void;
  /** Settles when every phone's state has been told once. */
  start(): Promise<void>;
  stop(): void;
  /** Asks for every phone's state; what was told of one meanwhile is newer, and counts. */
  list(): Promise<ReadonlyMap<string, Device>>;
  readonly healthy: boolean;
  /**
   * She has just hung up, and nothing else was on her phone: it is idle, which Asterisk says only when it has cleared the
   * call away, several milliseconds later. If it does not say so soon, what it said last is told again.
   */
  presumeIdle(extension: string): void;
  /** For what else is asked over the same connection. */
  readonly manager: Pick<AmiClient, "act" | "list">;
}

export interface DeviceWatchOptions extends AmiAddress {
  readonly log: Log;
  /** Told of each event that the dialplan itself raises, by its name. */
  readonly onUserEvent?: (name: string) => void;
  /** Told of the end of each channel, with its Q.850 cause. */
  readonly onHangup?: (channel: string, cause: number) => void;
  /** Told when `healthy` has changed. */
  readonly onPulse?: () => void;
}

/** How long a phone counts as idle without Asterisk's word. */
const CONFIRMED_WITHIN_MS = 250;

/** Asterisk's word for a phone's state in ours; whatever is not known to work is unreachable. */
export function deviceFrom(state: string): Device {
  switch (state) {
    case "NOT_INUSE":
      return "idle";
    case "RINGING":
      return "ringing";
    case "INUSE":
    case "BUSY":
    case "ONHOLD":
    case "RINGINUSE":
      return "busy";
    default:
      return "unreachable";
  }
}

/** The change that an AMI message tells, or `null` when it is about none of our phones. */
export function changeFrom(message: AmiMessage): DeviceChange | null {
  const [technology, extension = ""] = valueOf(message, "device").split("/");
  if (technology !== "PJSIP" || !isExtension(extension)) return null;
  return { extension, device: deviceFrom(valueOf(message, "state")) };
}

/** Makes the watch; nothing is connected before `start`. */
export function createDeviceWatch(options: DeviceWatchOptions): DeviceWatch {
  const states = new Map<string, Device>();
  /** When each phone was told of last, counted in what was told. */
  const heardAt = new Map<string, number>();
  /** Phones that were told of as idle before Asterisk has said so. */
  const presumed = new Map<string, NodeJS.Timeout>();
  let heard = 0;
  let handle: (change: DeviceChange) => void = () => undefined;

  function tell(change: DeviceChange): void {
    try {
      handle(change);
    } catch (error) {
      options.log.error({ error, extension: change.extension }, "device: its handler failed");
    }
  }

  function note(change: DeviceChange): void {
    heard += 1;
    heardAt.set(change.extension, heard);
    if (states.get(change.extension) === change.device) return;
    states.set(change.extension, change.device);
    const isConfirmed = forget(change.extension) && change.device === "idle";
    if (!isConfirmed) tell(change);
  }

  /** Whether it was presumed idle until now. */
  function forget(extension: string): boolean {
    clearTimeout(presumed.get(extension));
    return presumed.delete(extension);
  }

  const client = createAmiClient({
    ...options,
    events: ["DeviceStateChange", "Hangup", "UserEvent"],
    onEvent(message) {
      switch (valueOf(message, "event")) {
        case "UserEvent":
          return options.onUserEvent?.(valueOf(message, "userevent"));
        case "Hangup":
          return options.onHangup?.(
            valueOf(message, "uniqueid"),
            Number(valueOf(message, "cause")),
          );
        default: {
          const change = changeFrom(message);
          if (change !== null) note(change);
        }
      }
    },
    async onReady() {
      for (const [extension, device] of await ask()) note({ extension, device });
    },
  });

  /** The state of every phone, as Asterisk lists it. */
  async function ask(): Promise<Map<string, Device>> {
    const listed = await client.list("DeviceStateList");
    const found = new Map(
      listed
        .map(changeFrom)
        .filter((change) => change !== null)
        .map((change) => [change.extension, change.device]),
    );
    // Asterisk lists what has ever had a state; a phone that was never seen is not reachable.
    const known = new Set([...extensions, ...found.keys()]);
    return new Map(
      Array.from(known, (extension) => [extension, found.get(extension) ?? "unreachable"]),
    );
  }

  return {
    onDevice(handler) {
      handle = handler;
      for (const [extension, device] of states) tell({ extension, device });
    },
    start: () => client.start(),
    stop() {
      for (const extension of presumed.keys()) forget(extension);
      client.close();
    },
    presumeIdle(extension) {
      if (states.get(extension) !== "busy" || presumed.has(extension)) return;
      const late = setTimeout(() => {
        forget(extension);
        tell({ extension, device: states.get(extension) ?? "unreachable" });
      }, CONFIRMED_WITHIN_MS);
      presumed.set(extension, late);
      tell({ extension, device: "idle" });
    },
    async list() {
      const asked = heard;
      const found = await ask();
      for (const [extension, device] of states)
        if ((heardAt.get(extension) ?? 0) > asked) found.set(extension, device);
      return found;
    },
    get healthy() {
      return client.up;
    },
    manager: client,
  };
}
