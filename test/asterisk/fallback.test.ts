import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { part, rms, toneLevel } from "../../src/ops/phones/audio.ts";
import { Lab, mainNumber, supportLine } from "../lab/lab.ts";
import { conversation } from "../lab/until.ts";

/** What Asterisk does by itself when there is no server. */
describe("without a server", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start({ server: false });
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  it("takes a caller to the native queue, which rings an agent", async () => {
    const agent = await lab.phone("1001", 500);
    const caller = await lab.outside("+254700000401", 1_000);
    await caller.dial(mainNumber);
    await agent.event("CALL_INCOMING");
    await agent.answer();
    await agent.event("CALL_ESTABLISHED");
    await conversation(1_200);
    await caller.hangup();
    await agent.event("CALL_CLOSED");
    const heard = part(await agent.heard(), -800);
    expect(toneLevel(heard, 1_000) / rms(heard)).toBeGreaterThan(0.97);
    await lab.nothingLeft();
  });

  it("lets one phone call another", async () => {
    const amina = await lab.phone("1001", 500);
    const brian = await lab.phone("1002", 900);
    await amina.dial("1002");
    await brian.event("CALL_INCOMING");
    await brian.answer();
    await amina.event("CALL_ESTABLISHED");
    await conversation(1_200);
    await amina.hangup();
    await brian.event("CALL_CLOSED");
    const heard = part(await brian.heard(), -800);
    expect(toneLevel(heard, 500) / rms(heard)).toBeGreaterThan(0.97);
    await lab.nothingLeft();
  });
});

describe("when the server dies", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  it("talks go on, and a new caller reaches the native queue", async () => {
    const board = await lab.watch();
    const first = await lab.phone("1001", 500);
    await lab.signIn("1001");
    const talking = await lab.outside("+254700000402", 1_000);
    await talking.dial(supportLine);
    const id = await board.begun("+254700000402");
    await first.event("CALL_INCOMING");
    await first.answer();
    await board.fact(id, "connected");
    const second = await lab.phone("1002");

    await lab.killServer();
    const next = await lab.outside("+254700000403");
    await next.dial(supportLine);
    await second.event("CALL_INCOMING");
    await second.answer();
    await second.event("CALL_ESTABLISHED");
    await conversation(500);
    await next.hangup();
    await second.event("CALL_CLOSED");

    // Nobody is left to hang up for her when the caller does.
    await talking.hangup();
    await first.hangup();
    const heard = part(await first.heard(), -1_000);
    expect(toneLevel(heard, 1_000) / rms(heard)).toBeGreaterThan(0.97);
  });
});
