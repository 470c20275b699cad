import type { ChannelId } from "../../src/domain/ids.ts";
import { startAgents, unregister } from "../../src/ops/phones/agents.ts";
import { answerOutside, callIn, outsideAddress } from "../../src/ops/phones/callers.ts";
import type { Sipp } from "../../src/ops/phones/sipp.ts";
import {
  type AsteriskTelephony,
  createAsteriskTelephony,
} from "../../src/telephony/ari/telephony.ts";
import type { Manner, Rig } from "../conformance/telephony.ts";
import type { Exchange } from "./exchange.ts";
import { quietLog } from "./log.ts";

/** The adapter under test, on an exchange; `port` leads somewhere else than straight to ARI. */
export function telephonyOn(
  exchange: Exchange,
  app: string,
  port?: number,
  onTaken: (channel: ChannelId) => void = () => undefined,
): AsteriskTelephony {
  const { site } = exchange;
  return createAsteriskTelephony({
    ariUrl: `http://${site.controlAddress}:${port ?? site.httpPort}/ari`,
    user: site.secrets.ariUser,
    password: site.secrets.ariPassword,
    app,
    ami: {
      host: site.controlAddress,
      port: site.amiPort,
      user: site.secrets.amiUser,
      password: site.secrets.amiPassword,
    },
    log: quietLog,
    onTaken,
  });
}

/** People and phones are SIPp, against a real Asterisk. */
export function asteriskRig(exchange: Exchange): Rig & { readonly telephony: AsteriskTelephony } {
  const running = new Set<Sipp>();
  const account = (extension: string) => ({
    extension,
    password: exchange.site.secrets.extensions[extension] ?? "",
  });
  return {
    telephony: telephonyOn(exchange, "kituo-conformance"),
    prompts: { short: "short", long: "long" },
    during: (promise) => promise,
    async callIn({ dialled, number, name, keys }) {
      const sipp = await callIn(exchange.phones, {
        called: dialled,
        number,
        name,
        steps: keys === "" ? [] : [{ keys }],
        mediaMs: 30_000,
      });
      running.add(sipp);
      return {
        connected: async () => void (await sipp.message((each) => each.method === "ACK")),
        async hangup() {
          if (!running.has(sipp)) return;
          await sipp.hangup();
          await sipp.stop();
          running.delete(sipp);
        },
      };
    },
    async plugIn(extension, manner) {
      const accounts = [account(extension)];
      const sipp = await startAgents(exchange.phones, {
        accounts,
        ...planOf(manner),
        mediaMs: 30_000,
      });
      running.add(sipp);
      return {
        ...rungAt(sipp),
        async unplug() {
          if (!running.delete(sipp)) return;
          await unregister(exchange.phones, accounts);
          await sipp.stop();
        },
      };
    },
    async plugInOutside(_, manner) {
      const sipp = await answerOutside(exchange.phones, {
        address: outsideAddress,
        port: exchange.outsidePort,
        ...planOf(manner),
        toneHz: 700,
        mediaMs: 30_000,
      });
      running.add(sipp);
      return {
        ...rungAt(sipp),
        async unplug() {
          if (running.delete(sipp)) await sipp.stop();
        },
      };
    },
    async stop() {
      await Promise.all(Array.from(running, (sipp) => sipp.stop()));
      await exchange.stop();
    },
  };
}

const planOf = (manner: Manner) => ({
  ring: 0,
  then: manner === "ring" ? ("ignore" as const) : manner === "leave" ? ("answer" as const) : manner,
  ...(manner === "leave" ? { talk: 500 } : {}),
});

/** What a phone is told in one run. */
function rungAt(sipp: Sipp) {
  const request = (method: string) =>
    sipp.message((each) => each.method === method && each.status === undefined);
  return {
    ringing: async () => void (await request("INVITE")),
    silenced: async () => void (await request("CANCEL")),
  };
}
