import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { asCallId, asChannelId, type ChannelId } from "../../src/domain/ids.ts";
import { type AgentPhones, startAgents, unregister } from "../../src/ops/phones/agents.ts";
import { type Caller, callIn } from "../../src/ops/phones/callers.ts";
import type { Sipp } from "../../src/ops/phones/sipp.ts";
import { Inbox } from "../../src/ports/inbox.ts";
import type { DialledLeg, HungUp, Leg, Returned } from "../../src/ports/telephony.ts";
import type { AsteriskTelephony } from "../../src/telephony/ari/telephony.ts";
import { telephonyOn } from "./asterisk-rig.ts";
import type { Exchange } from "./exchange.ts";
import { type Proxy, startProxy } from "./proxy.ts";

/** One process's adapter, with what it was told. */
export interface Server {
  readonly name: string;
  readonly telephony: AsteriskTelephony;
  readonly calls: Inbox<Leg>;
  readonly returns: readonly Returned[];
  /** The channels that another process took from it. */
  readonly taken: readonly ChannelId[];
}

export const testCall = asCallId("CALL-0A1B2C3D");
export const soon = (): AbortSignal => AbortSignal.timeout(10_000);
export const connected = (sipp: Sipp) => sipp.message((message) => message.method === "ACK");
/** Whether a phone was hung up on. */
export const dropped = async (sipp: Sipp): Promise<boolean> =>
  (await sipp.trace()).some((each) => each.method === "BYE" && each.direction === "received");

/** Settles when the leg has ended, with its reason. */
export async function gone(leg: Leg, timeout = 15_000): Promise<HungUp> {
  await expect.poll(() => leg.gone.aborted, { timeout }).toBe(true);
  return leg.gone.reason as HungUp;
}

/** Processes, callers and phones on one exchange; `clear` ends what a test has left. */
export class Bed {
  readonly exchange: Exchange;
  readonly #owned: { stop(): Promise<unknown> }[] = [];

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** A process of its own; one of the same name takes the place of another. */
  async server(options: { name?: string; port?: number } = {}): Promise<Server> {
    const name = options.name ?? randomUUID().slice(0, 8);
    const calls = new Inbox<Leg>();
    const returns: Returned[] = [];
    const taken: ChannelId[] = [];
    const telephony = telephonyOn(this.exchange, `kituo-${name}`, options.port, (id) => {
      taken.push(id);
    });
    telephony.onCall((leg) => calls.put(leg));
    telephony.onReturn((news) => returns.push(news));
    await telephony.start();
    this.#owned.push(telephony);
    return { name, telephony, calls, returns, taken };
  }

  /** A way to ARI that can be cut. */
  async proxy(): Promise<Proxy> {
    const { site } = this.exchange;
    const proxy = await startProxy(site.controlAddress, site.httpPort);
    this.#owned.push(proxy);
    return proxy;
  }

  async dialIn(caller: Partial<Caller> = {}): Promise<Sipp> {
    const sipp = await callIn(this.exchange.phones, {
      called: "+254711000001",
      number: "+254700000001",
      mediaMs: 30_000,
      ...caller,
    });
    this.#owned.push(sipp);
    return sipp;
  }

  /** A caller whom this process has answered and labelled. */
  async caller(
    server: Server,
    caller: Partial<Caller> = {},
  ): Promise<{ readonly phone: Sipp; readonly leg: Leg }> {
    const phone = await this.dialIn(caller);
    const leg = await server.calls.next(soon());
    await leg.answer();
    await connected(phone);
    await leg.label({ call: testCall, role: "caller" });
    return { phone, leg };
  }

  async phone(extension: string, plan: Omit<AgentPhones, "accounts">): Promise<Sipp> {
    const password = this.exchange.site.secrets.extensions[extension] ?? "";
    const accounts = [{ extension, password }];
    const phone = await startAgents(this.exchange.phones, { accounts, mediaMs: 30_000, ...plan });
    this.#owned.push(phone, { stop: () => unregister(this.exchange.phones, accounts) });
    return phone;
  }

  dial({ telephony }: Server, originator: Leg, extension: string): DialledLeg {
    return telephony.dial({
      id: asChannelId(`test-${randomUUID()}`),
      call: testCall,
      to: { extension },
      callerNumber: "+254700000001",
      callerName: "Asha",
      originator: originator.id,
      timeoutMs: 20_000,
    });
  }

  async clear(): Promise<void> {
    for (const each of this.#owned.splice(0).reverse()) await each.stop();
    // What processes that died have left, nobody ends.
    for (const kind of ["channels", "bridges"])
      for (const { id } of await this.#ask("GET", kind)) await this.#ask("DELETE", `${kind}/${id}`);
  }

  async #ask(method: string, path: string): Promise<readonly { id: string }[]> {
    const { controlAddress, httpPort, secrets } = this.exchange.site;
    const credentials = btoa(`${secrets.ariUser}:${secrets.ariPassword}`);
    const answer = await fetch(`http://${controlAddress}:${httpPort}/ari/${path}`, {
      method,
      headers: { authorization: `Basic ${credentials}` },
    });
    return method === "GET" ? ((await answer.json()) as { id: string }[]) : [];
  }
}
