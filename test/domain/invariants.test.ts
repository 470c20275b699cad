import { describe, expect, it } from "vitest";
import type { Agent, Device } from "../../src/domain/agent.ts";
import { begin, type CallState } from "../../src/domain/call.ts";
import { asAgentId, asCallId, asChannelId, type CallId } from "../../src/domain/ids.ts";
import {
  busyForNothing,
  forgottenPhones,
  type Sight,
  violationsIn,
} from "../../src/domain/invariants.ts";
import { agent } from "./routing/staff.ts";

const amina = asAgentId("AGT-001");
const [one, two] = [asCallId("CALL-00000001"), asCallId("CALL-00000002")];

function call(id: CallId, more: Partial<CallState> = {}) {
  const state = begin({
    type: "started",
    call: id,
    seq: 1,
    at: 1,
    direction: "inbound",
    caller: "",
    callerName: "",
    dialled: "100",
    channel: asChannelId("channel-1"),
  });
  return { state: { ...state, ...more }, owner: "kituo-a/1" };
}
const talking = (id: CallId, more: Partial<Agent> = {}): Agent =>
  agent("AGT-001", 0, {
    activity: { is: "talking", call: id, since: 0 },
    device: "busy",
    ...more,
  });
const said = (device: Device) => new Map([["1001", device]]);

/** A sight in which nothing is wrong but what is said. */
const found = (more: Partial<Sight>) =>
  violationsIn({
    agents: [],
    calls: [],
    owner: "kituo-a/1",
    isHeld: () => true,
    isRunning: () => false,
    devices: new Map(),
    ...more,
  }).map(({ invariant, detail, agent: who, calls }) => [invariant, detail, who, ...calls]);

describe("the invariants", () => {
  it("hold where all is as it should be", () => {
    const calls = [call(one, { stage: "in_progress", agent: amina }), call(two)];
    expect(found({ agents: [talking(one)], calls, devices: said("busy") })).toEqual([]);
  });

  it("tell of an agent in two calls, by the desk or by the calls", () => {
    const offered = { is: "offered", call: two, until: 9 } as const;
    const calls = [call(one), call(two)];
    const twice = [["agent_in_two_calls", "calls", amina, one, two]];
    expect(found({ agents: [talking(one, { reservation: offered })], calls })).toEqual(twice);
    const named = { stage: "ringing", agent: amina } as const;
    expect(found({ agents: [talking(one)], calls: [call(one), call(two, named)] })).toEqual(twice);
    const others = { ...call(two, named), owner: "kituo-b/1" };
    expect(found({ agents: [talking(one)], calls: [call(one), others] })).toEqual([]);
    // Of a call that waits again she is only the one who was asked last.
    const waits = { stage: "queued", agent: amina } as const;
    expect(found({ agents: [talking(one)], calls: [call(one), call(two, waits)] })).toEqual([]);
  });

  it("tell of an agent who is kept for a call that is over", () => {
    const agents = [talking(one)];
    expect(found({ agents })).toEqual([["reservation_without_call", "talking", amina, one]]);
    expect(found({ agents, isRunning: () => true })).toEqual([]);
  });

  it("tell of a call that nobody looks after", () => {
    const calls = [call(one, { stage: "queued" }), call(two)];
    const isHeld: Sight["isHeld"] = ({ state }) => state.id === two;
    expect(found({ calls, isHeld })).toEqual([["call_without_owner", "queued", null, one]]);
  });

  it("tell of a phone that is not as the desk believes, or silent in a conversation", () => {
    const free = agent("AGT-001", 0);
    expect(found({ agents: [free], devices: said("unreachable") })).toEqual([
      ["phone_state", "unreachable", amina],
    ]);
    expect(found({ agents: [free], devices: new Map() })).toEqual([]);
    const calls = [call(one)];
    const idle = talking(one, { device: "idle" });
    expect(found({ agents: [idle], calls, devices: said("idle") })).toEqual([
      ["phone_state", "silent", amina, one],
    ]);
  });
});

describe("a phone that is busy for nothing", () => {
  it("is one of an agent without a call", () => {
    const held = { calls: [], owner: "kituo-a/1", isHeld: () => true, isRunning: () => true };
    const sight = { ...held, devices: said("busy") };
    expect(busyForNothing({ ...sight, agents: [talking(one)] })).toEqual([]);
    const free = agent("AGT-001", 0, { device: "busy" });
    expect(busyForNothing({ ...sight, agents: [free] })).toEqual([free]);
  });

  it("was forgotten when it has a channel of ours, for whatever call", () => {
    const free = agent("AGT-001", 0, { device: "busy" });
    const channel = { role: "agent", extension: "1001", call: two } as const;
    expect(forgottenPhones([free], [channel])).toMatchObject([
      { invariant: "phone_state", detail: "forgotten", agent: amina, calls: [two] },
    ]);
    const hers = { ...channel, role: "caller" } as const;
    expect(forgottenPhones([free], [hers, { ...channel, extension: "1002" }])).toEqual([]);
  });
});
