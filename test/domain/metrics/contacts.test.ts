import { describe, expect, it } from "vitest";
import type { CallEvent, CallFact } from "../../../src/domain/call-fact.ts";
import {
  asAgentId,
  asBridgeId,
  asCallId,
  asChannelId,
  asQueueName,
} from "../../../src/domain/ids.ts";
import { measured } from "../../../src/domain/metrics/contacts.ts";

const [support, sales] = [asQueueName("support"), asQueueName("sales")];
const [amina, brian] = [asAgentId("AGT-001"), asAgentId("AGT-002")];
const call = asCallId("CALL-1");
const channel = asChannelId("c");

const started: CallFact = {
  type: "started",
  direction: "inbound",
  caller: "+254700000001",
  callerName: "",
  dialled: "+254711000000",
  channel,
};
const queued = (queue = support): CallFact => ({ type: "queued", queue, priority: 0 });
const offered = (agent = amina): CallFact => ({
  type: "offered",
  agent,
  extension: "1001",
  queue: support,
  reasons: [],
});
const connected = (agent = amina): CallFact => ({
  type: "connected",
  agent,
  extension: "1001",
  bridge: asBridgeId("b"),
  channel,
});
const ended = (
  result: "completed" | "abandoned" | "unserved" | "failed",
  by = "caller",
): CallFact => ({
  type: "ended",
  ending: { result, reason: "for a test", by: by as "caller" },
});

/** Facts at the seconds that stand before them. */
function at(...facts: readonly (readonly [seconds: number, fact: CallFact])[]): CallEvent[] {
  return facts.map(([seconds, fact], index) => ({
    ...fact,
    call,
    seq: index + 1,
    at: seconds * 1_000,
  }));
}

describe("what a call was", () => {
  it("is one stay and one conversation when she was answered at the first offer", () => {
    const events = at(
      [0, started],
      [10, queued()],
      [12, offered()],
      [15, { type: "offer_ended", agent: amina, outcome: "answered" }],
      [15, connected()],
      [75, ended("completed")],
    );
    expect(measured(events)).toMatchObject({
      startedAt: 0,
      endedAt: 75_000,
      contacts: [
        { queue: "support", enteredAt: 10_000, endedAt: 15_000, end: "answered", agent: "AGT-001" },
      ],
      talks: [{ agent: "AGT-001", queue: "support", at: 15_000, endedAt: 75_000 }],
      offers: [{ agent: "AGT-001", at: 12_000, outcome: "answered" }],
    });
  });

  it("is still one stay when nobody answered the first offers", () => {
    const events = at(
      [0, started],
      [1, queued()],
      [2, offered()],
      [17, { type: "offer_ended", agent: amina, outcome: "no_answer" }],
      [18, offered(brian)],
      [20, connected(brian)],
      [30, ended("completed", "agent")],
    );
    const { contacts, offers } = measured(events);
    expect(contacts).toMatchObject([{ enteredAt: 1_000, endedAt: 20_000, agent: "AGT-002" }]);
    expect(offers.map(({ outcome }) => outcome)).toEqual(["no_answer", "answered"]);
  });

  it("is an abandoned stay when she hung up, and none when we did", () => {
    const waits = [[0, started] as const, [1, queued()] as const];
    expect(measured(at(...waits, [40, ended("abandoned")])).contacts).toMatchObject([
      { endedAt: 40_000, end: "abandoned" },
    ]);
    expect(measured(at(...waits, [40, ended("unserved", "agent")])).contacts).toMatchObject([
      { end: "flowed_out" },
    ]);
    expect(measured(at(...waits, [40, ended("failed", "system")])).contacts).toMatchObject([
      { end: "lost" },
    ]);
    expect(measured(at(...waits)).contacts).toMatchObject([{ endedAt: null, end: "waiting" }]);
  });

  it("is two stays when she was transferred, and a conversation with each agent", () => {
    const events = at(
      [0, started],
      [0, queued()],
      [5, connected()],
      [65, { type: "moved", how: "transferred", queue: sales, agent: null, by: "faith" }],
      [66, queued(sales)],
      [80, connected(brian)],
      [100, ended("completed")],
    );
    const { contacts, talks } = measured(events);
    expect(contacts).toMatchObject([
      { queue: "support", endedAt: 5_000, end: "answered" },
      { queue: "sales", enteredAt: 65_000, endedAt: 80_000, end: "answered" },
    ]);
    expect(talks).toMatchObject([
      { agent: "AGT-001", queue: "support", at: 5_000, endedAt: 65_000 },
      { agent: "AGT-002", queue: "sales", at: 80_000, endedAt: 100_000 },
    ]);
  });

  it("has flowed out by a key, and is told apart when she left for a message or somebody outside", () => {
    const waits = [[0, started] as const, [1, queued()] as const];
    const left: CallFact = { type: "left_queue", queue: support, why: "key_1" };
    expect(measured(at(...waits, [9, left])).contacts).toMatchObject([{ end: "flowed_out" }]);
    const menu: CallFact = { type: "menu_entered", menu: "main", prompts: [] };
    expect(measured(at(...waits, [9, left], [9, menu])).contacts).toMatchObject([
      { endedAt: 9_000, end: "flowed_out" },
    ]);
    const message: CallFact = { type: "voicemail_started", queue: support, why: "key_1" };
    expect(measured(at(...waits, [9, left], [10, message])).contacts).toMatchObject([
      { endedAt: 9_000, end: "voicemail" },
    ]);
    const rung: CallFact = {
      type: "forwarded",
      queue: support,
      number: "+254700000009",
      trunk: "t",
    };
    const talks: CallFact = { type: "connected_outside", bridge: asBridgeId("b"), channel };
    const outside = measured(at(...waits, [9, left], [9, rung], [20, talks]));
    expect(outside.contacts).toMatchObject([{ endedAt: 9_000, end: "forwarded" }]);
    expect(outside.talks).toEqual([]);
    // Nobody outside has answered, and she has hung up: she has waited all that time.
    const gaveUp = measured(at(...waits, [9, left], [9, rung], [30, ended("abandoned")]));
    expect(gaveUp.contacts).toMatchObject([{ endedAt: 30_000, end: "abandoned" }]);
  });

  it("is no abandon when she asks to be called back, which is told behind her leaving the queue", () => {
    const asked: CallFact = { type: "callback_requested", queue: support, by: asCallId("CALL-2") };
    const events = at(
      [0, started],
      [1, queued()],
      [9, { type: "left_queue", queue: support, why: "key_1" }],
      [9, asked],
      [12, ended("completed")],
    );
    expect(measured(events).contacts).toMatchObject([{ endedAt: 9_000, end: "callback" }]);
  });

  it("has no survey in the conversation", () => {
    const events = at(
      [0, started],
      [1, queued()],
      [5, connected()],
      [65, { type: "survey_started", queue: support, agent: amina }],
      [95, ended("completed", "agent")],
    );
    expect(measured(events).talks).toMatchObject([{ at: 5_000, endedAt: 65_000 }]);
  });

  describe("while no server looked after it", () => {
    const lost = [
      [0, started],
      [1, queued()],
      [28, offered()],
      [30, { type: "released" }],
    ] as const satisfies readonly (readonly [number, CallFact])[];

    it("is one stay with all of its wait when a server has it again", () => {
      const events = at(
        ...lost,
        [40, { type: "adopted", by: "b", from: "a" }],
        [40, queued()],
        [50, connected(brian)],
        [60, ended("completed")],
      );
      const { contacts, offers } = measured(events);
      expect(contacts).toMatchObject([
        { enteredAt: 1_000, endedAt: 50_000, end: "answered", agent: "AGT-002" },
      ]);
      expect(offers).toMatchObject([{ agent: "AGT-001", outcome: "withdrawn" }]);
    });

    it("is answered by a phone of the native queue, or given up there", () => {
      const natively: CallFact = { type: "answered_natively", agent: amina, extension: "1001" };
      const { contacts, talks } = measured(at(...lost, [45, natively], [75, ended("completed")]));
      expect(contacts).toMatchObject([{ endedAt: 45_000, end: "answered", agent: "AGT-001" }]);
      expect(talks).toMatchObject([{ at: 45_000, endedAt: 75_000, queue: "support" }]);
      expect(measured(at(...lost, [90, ended("abandoned")])).contacts).toMatchObject([
        { enteredAt: 1_000, endedAt: 90_000, end: "abandoned" },
      ]);
    });
  });

  it("is a stay in no queue for whom a user had called, until she is taken to one", () => {
    const ordered: CallFact = {
      type: "started",
      direction: "outbound",
      caller: "+254700000001",
      callerName: "",
      dialled: "+254700000001",
      channel,
      callback: {
        of: null,
        from: "+254711000000",
        ordered: { by: "faith", agent: amina, tries: 1 },
      },
    };
    const talked = [
      [0, ordered],
      [0, queued()],
      [10, { type: "customer_dialled", number: 1 }],
      [20, { type: "answered" }],
      [20, connected()],
    ] as const satisfies readonly (readonly [number, CallFact])[];
    const { contacts, talks } = measured(at(...talked, [50, ended("completed")]));
    expect(contacts).toEqual([]);
    expect(talks).toMatchObject([{ agent: "AGT-001", at: 20_000, endedAt: 50_000 }]);
    const moved: CallFact = {
      type: "moved",
      how: "transferred",
      queue: sales,
      agent: null,
      by: "faith",
    };
    const transferred = measured(at(...talked, [50, moved], [58, ended("abandoned")]));
    expect(transferred.contacts).toMatchObject([
      { queue: "sales", enteredAt: 50_000, endedAt: 58_000, end: "abandoned" },
    ]);
    expect(transferred.talks).toMatchObject([{ endedAt: 50_000, transferred: true }]);
  });

  it("begins for who is called back when she answers: before that nobody waits", () => {
    const back: CallFact = {
      ...started,
      type: "started",
      direction: "outbound",
      callback: { of: asCallId("CALL-1"), from: "+254711000000" },
    } as CallFact;
    const dialled: CallFact = { type: "customer_dialled", number: 1 };
    const missed: CallFact = { type: "customer_missed", outcome: "busy" };
    const never = at(
      [0, back],
      [0, queued()],
      [60, dialled],
      [80, missed],
      [90, ended("unserved", "system")],
    );
    expect(measured(never).contacts).toEqual([]);
    const reached = at(
      [0, back],
      [0, queued()],
      [60, dialled],
      [70, { type: "answered" }],
      [72, connected()],
      [92, ended("completed")],
    );
    expect(measured(reached)).toMatchObject({
      contacts: [{ enteredAt: 70_000, endedAt: 72_000, end: "answered" }],
      talks: [{ at: 72_000, endedAt: 92_000 }],
    });
  });
});
