import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { part, rms, toneLevel } from "../../src/ops/phones/audio.ts";
import { startBaresip } from "../../src/ops/phones/baresip.ts";
import { Lab, supportLine } from "../lab/lab.ts";
import { conversation, until } from "../lab/until.ts";

/** What the agents' own telephones can do. */
describe("a telephone of the centre", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  it("calls a colleague, and the call is logged", async () => {
    const board = await lab.watch();
    const amina = await lab.phone("1001", 500);
    const brian = await lab.phone("1002", 900);
    await amina.dial("1002");
    const id = await board.begun("1001");
    await brian.event("CALL_INCOMING");
    await brian.answer();
    await board.fact(id, "connected");
    await conversation(2_000);
    await brian.hangup();
    const ended = await board.fact(id, "ended");
    expect(ended.data).toMatchObject({
      direction: "internal",
      phone_number: "1001",
      dialled: "1002",
      agent_id: "AGT-002",
      ending: { result: "completed", reason: "talked" },
    });
    await lab.nothingLeft();
    for (const [phone, other] of [
      [amina, 900],
      [brian, 500],
    ] as const) {
      const heard = part(await phone.heard(), -800);
      expect(toneLevel(heard, other) / rms(heard)).toBeGreaterThan(0.9);
    }
    expect((await lab.api.call(id)).ending).toEqual(ended.data.ending);
  });

  it("is told when the colleague does not want to talk", async () => {
    const board = await lab.watch();
    const amina = await lab.phone("1001");
    const brian = await lab.phone("1002");
    await amina.dial("1002");
    const id = await board.begun("1001");
    await brian.event("CALL_INCOMING");
    await brian.refuse();
    const ended = await board.fact(id, "ended");
    expect(ended.data.ending).toMatchObject({ result: "refused", reason: "busy" });
    await lab.nothingLeft();
    expect(rms(part(await amina.heard(), 0, 1_500))).toBeGreaterThan(0.01);
  });

  it.each(["1020", "4711"])("is told that nobody is at %s", async (dialled) => {
    const board = await lab.watch();
    const amina = await lab.phone("1001");
    await amina.dial(dialled);
    const id = await board.begun("1001");
    const ended = await board.fact(id, "ended");
    expect(ended.data.ending?.result).toBe("refused");
    await lab.nothingLeft();
    expect(rms(await amina.heard())).toBeGreaterThan(0.01);
  });

  it("signs in and out with *45 and pauses with *46", async () => {
    const amina = await lab.phone("1001");
    const presence = async () => (await lab.api.agent("AGT-001")).presence;
    const dialCode = async (code: string, becomes: string) => {
      await amina.dial(code);
      await until(`${becomes} after ${code}`, async () => (await presence()) === becomes);
      await amina.event("CALL_CLOSED");
      expect(rms(await amina.heard())).toBeGreaterThan(0.005);
    };
    expect(await presence()).toBe("offline");
    await dialCode("*45", "available");
    await dialCode("*46", "paused");
    await dialCode("*46", "available");
    await dialCode("*45", "offline");
    await lab.nothingLeft();
  });

  it("is no way to sign in for a wrong password", async () => {
    const phone = await startBaresip(lab.site, {
      user: "1003",
      password: "not-the-password",
      address: lab.site.sipAddress,
    }).catch((error: unknown) => error);
    expect(String(phone)).toMatch(/was not let in/);
    expect((await lab.api.agent("AGT-003")).device).toBe("unreachable");
  });

  it("rings at the place where its extension was registered last", async () => {
    const board = await lab.watch();
    const old = await lab.phone("1001");
    const fresh = await lab.phone("1001");
    await lab.signIn("1001");
    const caller = await lab.outside("+254700000201");
    await caller.dial(supportLine);
    const id = await board.begun("+254700000201");
    await fresh.event("CALL_INCOMING");
    await fresh.answer();
    await board.fact(id, "connected");
    await caller.hangup();
    await board.fact(id, "ended");
    await lab.nothingLeft();
    expect(old.events.filter((event) => event.type === "CALL_ESTABLISHED")).toEqual([]);
  });
});
