import { type AriClient, createAriClient } from "../../src/telephony/ari/client.ts";
import { route } from "../../src/telephony/ari/events.ts";
import { createLookout } from "../../src/telephony/ari/look.ts";
import { Owed } from "../../src/telephony/ari/owed.ts";
import type { Context } from "../../src/telephony/ari/registry.ts";
import { createSubscriber } from "../../src/telephony/ari/subscribe.ts";
import { RingTurns } from "../../src/telephony/ari/turns.ts";
import { type AriServer, startAriServer } from "./ari-server.ts";
import { quietLog } from "./log.ts";

/** What a test has opened, to be closed from the last to the first. */
export type Owned = { close(): unknown }[];

interface Opened {
  readonly context: Context;
  readonly ari: AriServer;
  /** Phones that were told of as free. */
  readonly freed: readonly string[];
}

/** What the adapter's parts work with, on an ARI in memory that they have for themselves. */
export async function openContext(owned: Owned): Promise<Opened> {
  const ari = await startAriServer();
  owned.push({ close: () => ari.stop() });
  const sinks = { onOffer: () => undefined, onCall: () => undefined };
  const client: AriClient = createAriClient({
    url: ari.url,
    user: "kituo",
    password: "secret",
    app: "kituo-test",
    log: quietLog,
    onEvent: (event) => route(made, event, sinks),
    onConnect: () => Promise.resolve(),
    onPulse: () => undefined,
    onReplaced: () => undefined,
    requestDeadlineMs: 200,
  });
  owned.push(client);
  const registry = { legs: new Map(), playbacks: new Map(), recordings: new Map() };
  const freed: string[] = [];
  const made: Context = {
    ari: client,
    registry,
    log: quietLog,
    ...createLookout(client),
    subscribe: createSubscriber(client),
    ends: async () => new Map(),
    owed: new Owed(quietLog),
    turns: new RingTurns(),
    onPhoneFree: (extension) => void freed.push(extension),
    onTaken: () => undefined,
  };
  await client.start();
  return { context: made, ari, freed };
}
