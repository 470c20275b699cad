import type { Lab } from "../lab/lab.ts";
import { asteriskHas } from "./census.ts";

interface RtpStatistics {
  readonly rxcount: number;
}

/** A telephone sends a packet so often, in milliseconds, while it is in a call. */
const PACKET_MS = 20;

/** How much sound Asterisk had got from a telephone at a moment. */
export interface Carried {
  readonly number: string;
  /** `null`: the caller's own telephone. */
  readonly extension: string | null;
  readonly at: number;
  readonly receivedMs: number;
}

/**
 * What Asterisk has got from each telephone that is in a call. A voice that is missing in a recording was not sent, or
 * not taken: this tells which.
 */
export async function soundCarried(lab: Lab): Promise<readonly Carried[]> {
  const { channels } = await asteriskHas(lab);
  return await Promise.all(
    channels.map(async ({ id, number, extension }) => {
      const path = `channels/${id}/rtp_statistics`;
      const statistics = await lab.ari<RtpStatistics | undefined>("GET", path);
      const receivedMs = (statistics?.rxcount ?? 0) * PACKET_MS;
      return { number, extension, at: Date.now(), receivedMs };
    }),
  );
}
