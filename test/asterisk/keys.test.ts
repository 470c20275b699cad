import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { part, rms } from "../../src/ops/phones/audio.ts";
import { Lab, mainNumber } from "../lab/lab.ts";
import { conversation } from "../lab/until.ts";

/** What callers press, or do not press, and who they say they are. */
describe("the menu", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start({ menus: join(import.meta.dirname, "menus") });
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  it("stops talking when a key is pressed", async () => {
    const board = await lab.watch();
    await lab.phone("1001");
    await lab.api.setAgent("AGT-001", "on_break");
    const caller = await lab.outside("+254700000301");
    await caller.dial(mainNumber);
    const id = await board.begun("+254700000301");
    await board.fact(id, "menu_entered");
    await conversation(700);
    await caller.press("1");
    const chosen = await board.fact(id, "language_chosen");
    const entered = await board.fact(id, "menu_entered", 2);
    expect(Date.parse(entered.at) - Date.parse(chosen.at)).toBeLessThan(1_000);
    await caller.press("2");
    const queued = await board.fact(id, "queued");
    // The texts of both menus take far longer than this.
    expect(Date.parse(queued.at) - Date.parse(chosen.at)).toBeLessThan(2_000);
    await caller.hangup();
    await lab.nothingLeft();
  });

  it("loses no key that is pressed before it asks", async () => {
    const board = await lab.watch();
    await lab.phone("1001");
    await lab.api.setAgent("AGT-001", "on_break");
    await lab.caller({
      called: mainNumber,
      number: "+254700000302",
      steps: [{ waitMs: 300 }, { keys: "24" }],
      stay: 4_000,
    });
    const id = await board.begun("+254700000302");
    const ended = board.fact(id, "ended");
    await board.fact(id, "language_chosen");
    await ended;
    await lab.nothingLeft();
    const call = await lab.api.call(id);
    expect(call.language).toBe("sw");
    expect(call.events.find((event) => event.type === "voicemail_started")).toMatchObject({
      queue: "billing",
    });
  });

  it("says so when a key means nothing, and goes on", async () => {
    const board = await lab.watch();
    const caller = await lab.outside("+254700000303");
    await caller.dial(mainNumber);
    const id = await board.begun("+254700000303");
    await board.fact(id, "menu_entered");
    await caller.press("7");
    await board.fact(id, "key_pressed");
    const lines = await lab.api.transcript(id);
    expect(lines.find((line) => line.speaker === "customer")?.content).toContain("7");
    await caller.press("1");
    const chosen = await board.fact(id, "language_chosen");
    expect(chosen.data.language).toBe("en");
    await caller.hangup();
    await lab.nothingLeft();
  });

  it("bears twenty keys at once", async () => {
    const board = await lab.watch();
    await lab.caller({
      called: mainNumber,
      number: "+254700000304",
      steps: [{ waitMs: 300 }, { keys: "55555666667777788888" }],
      stay: 6_000,
    });
    const id = await board.begun("+254700000304");
    await board.fact(id, "ended");
    await lab.nothingLeft();
    const call = await lab.api.call(id);
    // Three wrong keys are enough in each menu; then English and the support queue, where nobody is.
    expect(call.events.filter((event) => event.type === "key_pressed").length).toBeLessThanOrEqual(
      20,
    );
    expect(call.language).toBe("en");
    expect(call.ending?.result).not.toBe("failed");
  });

  it("repeats itself to a silent caller, then decides for her", async () => {
    const board = await lab.watch();
    const caller = await lab.outside("+254700000305");
    await caller.dial(mainNumber);
    const id = await board.begun("+254700000305");
    await board.next(
      "the second menu",
      (update) =>
        update.type === "call:updated" &&
        update.data.call_id === id &&
        update.data.menu === "department",
    );
    await caller.hangup();
    const ended = await board.fact(id, "ended");
    expect(ended.data).toMatchObject({
      language: "en",
      ending: { result: "abandoned", reason: "hung_up_in_menu" },
    });
    await lab.nothingLeft();
    expect(rms(part(await caller.heard(), 500, 2_500))).toBeGreaterThan(0.01);
  });

  it.each([
    { what: "no name at all", from: "<sip:127.0.0.2>", number: "" },
    { what: "anonymous", from: '"Anonymous" <sip:anonymous@anonymous.invalid>', number: "" },
    { what: "a script", from: `"<script>alert(1)</script>" <sip:%3Cb%3E@127.0.0.2>`, number: "" },
    { what: "300 digits", from: `<sip:+${"7".repeat(300)}@127.0.0.2>`, number: null },
    {
      what: "a name in Arabic",
      from: '"أحمد" <sip:+254700000306@127.0.0.2>',
      number: "+254700000306",
    },
  ])("answers a caller whose From is $what", async ({ from, number }) => {
    const board = await lab.watch();
    await lab.caller({ called: mainNumber, number: "", from, stay: 600 });
    const begun = await board.next("a call", (update) => update.type === "call:new");
    if (begun.type !== "call:new") throw new Error("not a call");
    const { call_id: id, phone_number: shown } = begun.data;
    if (number !== null) expect(shown).toBe(number);
    expect(shown.length).toBeLessThanOrEqual(40);
    const ended = await board.fact(id, "ended");
    expect(ended.data.ending).toMatchObject({ result: "abandoned", reason: "hung_up_in_menu" });
    await lab.nothingLeft();
  });
});
