import { setImmediate } from "node:timers/promises";
import type { AriClient } from "./client.ts";

/** So many fit into the line of one request with room to spare. */
const AT_ONCE = 40;

type SubscribingClient = Pick<AriClient, "app" | "ask">;

/**
 * Makes the one who subscribes to channels and bridges (`channel:ID`, `bridge:ID`) that another process has made. What
 * is asked for in one turn of the event loop goes out together: whoever adopts two hundred calls asks Asterisk a few
 * times. Settles when Asterisk has answered; of what has gone there is nothing to hear.
 */
export function createSubscriber(ari: SubscribingClient): (source: string) => Promise<void> {
  const collected: string[] = [];
  let next: Promise<void> | null = null;

  async function bringAll(): Promise<void> {
    await setImmediate();
    next = null;
    const portions: string[][] = [];
    while (collected.length > 0) portions.push(collected.splice(0, AT_ONCE));
    await Promise.all(portions.map((portion) => bring(portion)));
  }

  /** When one of them has gone, Asterisk subscribes to none: then each is asked for alone. */
  async function bring(sources: readonly string[]): Promise<void> {
    const answer = await ari.ask("POST /applications/{applicationName}/subscription", {
      path: { applicationName: ari.app },
      query: { eventSource: [...sources] },
    });
    if (answer.ok || sources.length === 1) return;
    await Promise.all(sources.map((source) => bring([source])));
  }

  return (source) => {
    collected.push(source);
    next ??= bringAll();
    return next;
  };
}
