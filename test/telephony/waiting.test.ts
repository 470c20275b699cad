import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { asChannelId, asQueueName } from "../../src/domain/ids.ts";
import type { Leg } from "../../src/ports/telephony.ts";
import { adoptCaller } from "../../src/telephony/ari/adopt.ts";
import { reconcile } from "../../src/telephony/ari/reconcile.ts";
import { HoldingRoom } from "../../src/telephony/ari/room.ts";
import { sharing } from "../../src/telephony/ari/sharing.ts";
import type { AriServer } from "./ari-server.ts";
import { type Owned, openContext } from "./context.ts";

const owned: Owned = [];
afterEach(async () => {
  for (const each of owned.splice(0).reverse()) await each.close();
});

const caller = asChannelId("caller");
const outside = { from: "outside", dialled: "100" } as const;
const channel = {
  id: caller,
  state: "Up",
  caller: { name: "Asha", number: "+254700000001" },
  creationtime: "2026-11-21T08:00:00.000+0000",
  dialplan: { app_name: "Stasis", context: "kituo-entry" },
};

/** An Asterisk that has her in our application, while she is there; `more` answers what else is asked. */
async function waitingThere(more: AriServer["onRequest"], there = () => true) {
  const { context, ari } = await openContext(owned);
  ari.onRequest = async (got) => {
    if (got.method === "GET" && got.path === "/channels") {
      const isThere = there();
      // All that is asked beside this has been answered by then.
      if (!isThere) await pause(20);
      return { status: 200, body: isThere ? [channel] : [] };
    }
    if (got.method === "GET" && got.path === "/applications")
      return { status: 200, body: [{ name: "kituo-test", channel_ids: [caller] }] };
    return await more(got);
  };
  return { context, ari, leg: await adoptCaller(context, caller, outside) };
}

describe("a caller who waits", () => {
  it("is in the room though Asterisk refuses to begin the music for a moment", async () => {
    let refusals = 3;
    const { context, leg } = await waitingThere(({ path }) => {
      if (!path.endsWith("/moh") || refusals === 0) return null;
      refusals -= 1;
      return { status: 500, body: { message: "Could not start music" } };
    });
    const room = new HoldingRoom(context, asQueueName("support"));
    expect(await room.enter(leg)).toBe(true);
    expect(refusals).toBe(0);
  });

  it("is in the room without music when Asterisk has none", async () => {
    const { context, leg } = await waitingThere(({ path }) =>
      path.endsWith("/moh") ? { status: 500, body: {} } : null,
    );
    const room = new HoldingRoom(context, asQueueName("support"));
    expect(await room.enter(leg)).toBe(true);
  });

  it("hears a prompt under another id than the one that a dead process played to her last", async () => {
    const { ari, leg } = await waitingThere(({ method, path }) =>
      method === "DELETE" && path.endsWith("-0") ? { status: 404, body: {} } : null,
    );
    const playback = await leg.play(["please-wait"], "en");
    expect(ari.received.at(-1)?.path).toMatch(/play-caller-0/);
    // The end of what was stopped is told late; it is not the end of this one.
    ari.send({ type: "PlaybackFinished", playback: { id: "play-caller-1", state: "done" } });
    ari.send({ type: "PlaybackFinished", playback: { id: "play-caller-0", state: "failed" } });
    expect(await playback.finished).toBe("failed");
  });

  it("is never without a dead-man's switch: taken off in the wrong moment, it fires", async () => {
    const { ari, leg } = await waitingThere(() => null);
    await leg.wind(20_000);
    await leg.wind(0);
    const asked = ari.received.map(({ path }) => new URL(path, "http://ari"));
    const wound = asked.filter(({ pathname }) => pathname.endsWith("/variable"));
    const seconds = wound.map(({ searchParams }) => Number(searchParams.get("value")));
    expect(seconds).toEqual([20, 604_800]);
  });

  it("has gone before the prompt that she did not hear to its end is over", async () => {
    let there = true;
    const { context, leg } = await waitingThere(
      ({ method, path }) => {
        if (method === "DELETE") return { status: 404, body: {} };
        if (method === "GET" && path.startsWith("/playbacks/")) return { status: 404, body: {} };
        return null;
      },
      () => there,
    );
    const playback = await leg.play(["please-wait"], "en");
    const order: string[] = [];
    leg.gone.addEventListener("abort", () => order.push("gone"));
    const over = playback.finished.then(() => order.push("the prompt is over"));
    there = false;
    await reconcile(context, null, 1_000);
    await over;
    expect(order).toEqual(["gone", "the prompt is over"]);
  });
});

describe("a caller who left unseen, of whose end requests learn before the events tell it", () => {
  /** She is there when she is taken up, and gone for all that is asked of her channel afterwards. */
  async function leftUnseen() {
    let there = true;
    const made = await waitingThere(
      ({ path }) => (path.startsWith("/channels/caller/") ? { status: 404, body: {} } : null),
      () => there,
    );
    there = false;
    const order: string[] = [];
    made.leg.gone.addEventListener("abort", () => order.push("gone"));
    return { ...made, order };
  }

  it.each([
    ["a prompt", async (leg: Leg) => void (await (await leg.play(["please-wait"], "en")).finished)],
    ["the switch", (leg: Leg) => leg.wind(20_000)],
    ["an answer", (leg: Leg) => leg.answer()],
    ["a message", async (leg: Leg) => void (await leg.record("m", { maxMs: 1, silenceMs: 1 }))],
  ])("is gone before %s is done", async (what, command) => {
    const { context, ari, leg, order } = await leftUnseen();
    const asked = ari.request(({ path }) => /\/(play|variable|answer|record)\b/.test(path));
    const done = command(leg).then(() => order.push(what));
    await asked;
    await reconcile(context, null, 1_000);
    await done;
    expect(order).toEqual(["gone", what]);
    expect(leg.gone.reason).toMatchObject({ at: 1_000 });
  });
});

describe("work that many ask for", () => {
  it("is done once for all who ask in one turn, and for all who ask while that is under way", async () => {
    const runs: PromiseWithResolvers<number>[] = [];
    const ask = sharing(() => {
      const run = Promise.withResolvers<number>();
      runs.push(run);
      return run.promise;
    });
    const first = [ask(), ask()];
    await expect.poll(() => runs.length).toBe(1);
    const others = [ask(), ask(), ask()];
    runs[0]?.resolve(1);
    expect(await Promise.all(first)).toEqual([1, 1]);
    await expect.poll(() => runs.length).toBe(2);
    runs[1]?.resolve(2);
    expect(await Promise.all(others)).toEqual([2, 2, 2]);
  });

  it("goes on after a run that failed", async () => {
    let runs = 0;
    const failed = Promise.withResolvers<void>();
    const ask = sharing(async () => {
      runs += 1;
      if (runs > 1) return "yes";
      await failed.promise;
      throw new Error("no");
    });
    const first = ask();
    await expect.poll(() => runs).toBe(1);
    const second = ask();
    failed.resolve();
    await expect(first).rejects.toThrow("no");
    expect(await second).toBe("yes");
  });
});
