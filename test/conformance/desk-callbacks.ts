import { expect, it } from "vitest";
import { begin, type CallState } from "../../src/domain/call.ts";
import { asCallId, asChannelId, type CallId } from "../../src/domain/ids.ts";
import { first, type OpenedDesk, second, support, t0 } from "./desk-scene.ts";

const number = "+254700000001";
const back = asCallId("CALL-0000000A");
const again = asCallId("CALL-0000000B");

/** The call by which this number is called back. */
function callingBack(id: CallId, caller = number): CallState {
  const callback = { of: first, from: "+254711000002" };
  return begin({
    type: "started",
    call: id,
    seq: 1,
    at: t0,
    direction: "outbound",
    caller,
    callerName: "Mgeni",
    dialled: caller,
    channel: asChannelId(`channel-of-${id}`),
    callback,
  });
}

/** What every desk promises of calls by which somebody is called back. */
export function deskCallbacks(opened: () => OpenedDesk): void {
  const liveIds = async () => (await opened().desk.liveCalls()).map(({ state }) => state.id).sort();

  it("are kept like any live call, one for each number", async () => {
    const { desk, owner, other } = opened();
    expect(await desk.bookCallback(callingBack(back), owner, first)).toBe(back);
    expect(await desk.liveCall(back)).toEqual({ state: callingBack(back), owner });
    expect(await other.bookCallback(callingBack(again), "kituo-b/1", second)).toBe(back);
    expect(await desk.liveCall(again)).toBeNull();
    expect(await desk.bookCallback(callingBack(again, "+254700000002"), owner, second)).toBe(again);
    expect(await liveIds()).toEqual([back, again]);
  });

  it("are booked by one of two who ask at the same time", async () => {
    const { desk, owner, other } = opened();
    const booked = await Promise.all([
      desk.bookCallback(callingBack(back), owner, first),
      other.bookCallback(callingBack(again), "kituo-b/1", second),
    ]);
    expect(new Set(booked).size).toBe(1);
    expect(await liveIds()).toEqual([booked[0]]);
  });

  it("make way when they are over, and for one that is asked for in the call back itself", async () => {
    const { desk, owner } = opened();
    await desk.bookCallback(callingBack(back), owner, first);
    expect(await desk.bookCallback(callingBack(again), owner, back)).toBe(again);
    await desk.removeCall(back);
    expect(await desk.bookCallback(callingBack(back), owner, first)).toBe(again);
    await desk.removeCall(again);
    expect(await desk.bookCallback(callingBack(back), owner, first)).toBe(back);
  });

  it("still stand for their number when another process has taken them over", async () => {
    const { desk, owner } = opened();
    await desk.bookCallback(callingBack(back), owner, first);
    await desk.takeOver(back, owner, "kituo-c/1");
    expect(await desk.bookCallback(callingBack(again), owner, second)).toBe(back);
  });

  it("wait like others, and are known by it that nobody is on the line", async () => {
    const { desk, owner } = opened();
    const entry = { queue: support, priority: 0, language: null, enteredAt: t0, owner } as const;
    await desk.join({ ...entry, call: back, callback: true });
    await desk.join({ ...entry, call: second });
    const { waiting } = await desk.snapshot();
    expect(waiting.find(({ call }) => call === back)?.callback).toBe(true);
    expect(waiting.find(({ call }) => call === second)).not.toHaveProperty("callback");
    // Who has been reached waits herself.
    await desk.join({ ...entry, call: back });
    const { waiting: now } = await desk.snapshot();
    expect(now.find(({ call }) => call === back)).not.toHaveProperty("callback");
  });
}
