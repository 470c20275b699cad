import { setTimeout as pause } from "node:timers/promises";
import type { Lab } from "../lab/lab.ts";
import { asteriskHas } from "./census.ts";

interface RtpStatistics {
  readonly rxcount: number;
}

/** A telephone sends a packet so often, in milliseconds, while it is in a call. */
const PACKET_MS = 20;
/** For so long it is watched whether it does. */
const WATCHED_MS = 1_000;

/** How much sound Asterisk had got from a telephone at a moment. */
export interface Carried {
  readonly number: string;
  /** `null`: the caller's own telephone. */
  readonly extension: string | null;
  readonly at: number;
  readonly receivedMs: number;
  /**
   * Whether it sends one packet after the other. One that has no processor for seconds sends all of them at once then, and
   * of those Asterisk mixes the last few.
   */
  readonly steady: boolean;
}

/**
 * What Asterisk has got from each telephone that is in a call. A voice that is missing in a recording was not sent, or
 * not taken: this tells which.
 */
export async function soundCarried(lab: Lab): Promise<readonly Carried[]> {
  const { channels } = await asteriskHas(lab);
  return await Promise.all(
    channels.map(async ({ id, number, extension }) => {
      const before = await received(lab, id);
      await pause(WATCHED_MS);
      const now = await received(lab, id);
      const share = (now.receivedMs - before.receivedMs) / (now.at - before.at);
      return { number, extension, ...now, steady: share > 0.8 && share < 1.2 };
    }),
  );
}

async function received(lab: Lab, channel: string) {
  const path = `channels/${channel}/rtp_statistics`;
  const statistics = await lab.ari<RtpStatistics | undefined>("GET", path);
  return { at: Date.now(), receivedMs: (statistics?.rxcount ?? 0) * PACKET_MS };
}
