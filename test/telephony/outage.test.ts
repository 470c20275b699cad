import { describe, expect, it } from "vitest";
import { KituoError } from "../../src/domain/errors.ts";
import { wavDurationMs } from "../../src/domain/record.ts";
import { createLookout, foundIn } from "../../src/telephony/ari/look.ts";
import { Outage } from "../../src/telephony/ari/outage.ts";
import { Owed } from "../../src/telephony/ari/owed.ts";
import { quietLog } from "./log.ts";

describe("what is to be ended while asterisk is away", () => {
  const away = () => Promise.reject(new KituoError("telephony_down", "away"));

  it("is ended when it is back, once, and kept while it is not", async () => {
    const owed = new Owed(quietLog);
    let asked = 0;
    let back = false;
    const task = () => {
      asked += 1;
      return back ? Promise.resolve() : away();
    };
    await owed.end("channel x", task);
    await owed.end("channel x", task);
    expect(asked).toBe(2);
    await owed.settle();
    expect(asked).toBe(3);
    back = true;
    await owed.settle();
    await owed.settle();
    expect(asked).toBe(4);
  });

  it("is not kept when it was refused for another reason", async () => {
    const owed = new Owed(quietLog);
    const fenced = new KituoError("fenced", "another has our place");
    await expect(owed.end("channel x", () => Promise.reject(fenced))).rejects.toBe(fenced);
    await owed.settle();
  });
});

describe("an outage", () => {
  it("is told when it is over, with when it began and whether asterisk is a new one", () => {
    const outage = new Outage();
    expect(outage.note(false, 1)).toBeNull();
    outage.found("life 1");
    expect(outage.note(true, 2)).toBeNull();
    expect(outage.note(false, 3)).toBeNull();
    expect(outage.note(false, 4)).toBeNull();
    expect(outage.note(true, 5)).toEqual({ restarted: false, lostAt: 3 });
    expect(outage.note(false, 6)).toBeNull();
    outage.found("life 2");
    expect(outage.note(true, 7)).toEqual({ restarted: true, lostAt: 6 });
    expect(outage.note(true, 8)).toBeNull();
  });
});

describe("a look at all channels", () => {
  const channel = (id: string, state: string, app_name: string) => ({
    id,
    state,
    dialplan: { app_name },
  });

  it("tells where each is", async () => {
    const answers: Record<string, unknown> = {
      "GET /channels": [
        channel("ours", "Up", "StasisBroadcast"),
        channel("rings", "Ringing", ""),
        channel("theirs", "Up", "Stasis"),
        channel("held", "Up", "Wait"),
      ],
      "GET /applications": [
        { name: "kituo-a", channel_ids: ["ours", "rings", "held"] },
        { name: "kituo-b", channel_ids: ["theirs"] },
        { name: "somebody-else", channel_ids: ["theirs"] },
      ],
    };
    const tell = (name: string) => Promise.resolve({ value: answers[name] });
    const look = await createLookout({ tell } as never).look();
    const found = ["ours", "rings", "theirs", "held", "nowhere"].map(
      (id) => foundIn(look, id, "kituo-a").is,
    );
    expect(found).toEqual(["up", "down", "taken", "released", "gone"]);
  });

  it("is shared by all who ask in one turn, or while one is under way, but never begun before it was asked for", async () => {
    let looks = 0;
    const gates: PromiseWithResolvers<null>[] = [];
    const tell = (name: string) => {
      if (name !== "GET /channels") return Promise.resolve(null);
      looks += 1;
      const gate = Promise.withResolvers<null>();
      gates.push(gate);
      return gate.promise;
    };
    const { look } = createLookout({ tell } as never);
    const first = [look(), look()];
    await expect.poll(() => looks).toBe(1);
    const others = [look(), look(), look()];
    gates[0]?.resolve(null);
    await Promise.all(first);
    await expect.poll(() => looks).toBe(2);
    gates[1]?.resolve(null);
    await Promise.all(others);
    const last = look();
    await expect.poll(() => looks).toBe(3);
    gates[2]?.resolve(null);
    await last;
  });
});

it("tells how long a WAV file plays", () => {
  const file = Buffer.alloc(44 + 16_000);
  file.writeUInt32LE(16_000, 28);
  expect(wavDurationMs(file)).toBe(1_000);
  expect(wavDurationMs(file.subarray(0, 44))).toBe(0);
  expect(wavDurationMs(Buffer.alloc(0))).toBe(0);
});
