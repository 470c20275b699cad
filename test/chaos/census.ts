import type { WireAgent } from "../../src/facade/contract/agent.ts";
import type { Call } from "../../src/facade/contract/call.ts";
import type { Client } from "../lab/client.ts";
import type { Lab } from "../lab/lab.ts";

export interface SeenChannel {
  readonly id: string;
  /** The extension on a phone of ours, `null` on a caller from outside. */
  readonly extension: string | null;
  /** The other side's number: the caller's own on both legs of her call. */
  readonly number: string;
  readonly state: string;
  /** Whether a server has it in hand; the dialplan holds the others until one takes them up. */
  readonly ours: boolean;
}

export interface SeenBridge {
  readonly id: string;
  readonly channels: readonly string[];
}

/** Everything that exists of calls at one moment: what the server says, and what Asterisk has. */
export interface Census {
  readonly calls: readonly Call[];
  readonly waiting: readonly string[];
  readonly agents: readonly WireAgent[];
  readonly channels: readonly SeenChannel[];
  /** Conversations; a waiting room is nobody's. */
  readonly bridges: readonly SeenBridge[];
}

interface AriChannel {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly caller: { readonly number: string };
  readonly connected: { readonly number: string };
  readonly dialplan: { readonly app_name?: string };
}

interface AriBridge {
  readonly id: string;
  readonly bridge_type: string;
  readonly channels: readonly string[];
}

/** Asks both sides. It is no single moment, so what matters is what stays so: see `invariants.ts`. */
export async function census(lab: Lab, api: Client): Promise<Census> {
  const [calls, waiting, agents, inAsterisk] = await Promise.all([
    api.liveCalls(),
    api.waiting(),
    api.agents(),
    asteriskHas(lab),
  ]);
  return { calls, waiting: waiting.map((each) => each.phone_number), agents, ...inAsterisk };
}

/** The half of it that can be had without a server. */
export async function asteriskHas(lab: Lab): Promise<Pick<Census, "channels" | "bridges">> {
  const [channels, bridges] = await Promise.all([
    lab.ari<AriChannel[]>("GET", "channels"),
    lab.ari<AriBridge[]>("GET", "bridges"),
  ]);
  return {
    channels: channels.map((channel) => {
      const extension = /^PJSIP\/(10\d\d)-/.exec(channel.name)?.[1] ?? null;
      const number = extension === null ? channel.caller.number : channel.connected.number;
      // A phone that we ring is in no application before it answers.
      const ours = extension !== null || channel.dialplan.app_name === "Stasis";
      return { id: channel.id, extension, number, state: channel.state, ours };
    }),
    bridges: bridges
      .filter((bridge) => bridge.bridge_type !== "holding")
      .map(({ id, channels: members }) => ({ id, channels: members })),
  };
}
