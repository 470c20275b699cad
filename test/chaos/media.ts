import type { Lab } from "../lab/lab.ts";
import { asteriskHas } from "./census.ts";

interface RtpStatistics {
  readonly rxcount: number;
  readonly txcount: number;
}

/** How many packets of sound a channel had got from its phone and sent to it, and how long it had been there. */
export interface Carried {
  readonly channel: string;
  readonly received: number;
  readonly sent: number;
}

/**
 * What Asterisk had got from the telephones of each caller's call, by her number. A voice that is missing in a recording
 * was not sent, or not taken: this tells which.
 */
export async function carriedBy(lab: Lab): Promise<ReadonlyMap<string, readonly Carried[]>> {
  const { channels } = await asteriskHas(lab);
  const carried = await Promise.all(
    channels.map(async ({ id, number }) => {
      const statistics = await lab.ari<RtpStatistics | undefined>(
        "GET",
        `channels/${id}/rtp_statistics`,
      );
      const { rxcount: received = 0, txcount: sent = 0 } = statistics ?? {};
      return { number, channel: id, received, sent };
    }),
  );
  return Map.groupBy(carried, ({ number }) => number);
}
