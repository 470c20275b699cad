import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Agent, routable } from "../../src/domain/agent.ts";
import type { CallState } from "../../src/domain/call.ts";
import { asAgentId, asCallId } from "../../src/domain/ids.ts";
import type { Desk } from "../../src/ports/desk.ts";
import { deskCallbacks } from "./desk-callbacks.ts";
import { deskChanges } from "./desk-changes.ts";
import {
  amina,
  callState,
  first,
  juma,
  keptPlace,
  type OpenedDesk,
  roster,
  sales,
  second,
  support,
  t0,
  waiting,
} from "./desk-scene.ts";
import { deskWork } from "./desk-work.ts";

const offeredToNobody = { offeredTo: null, passedBy: [] };

/** What every desk promises, whatever it is made of. */
export function deskConformance(title: string, open: () => Promise<OpenedDesk>): void {
  describe(`${title} keeps the promises of a desk`, () => {
    let opened: OpenedDesk;
    let desk: Desk;

    beforeEach(async () => {
      opened = await open();
      desk = opened.desk;
    });
    afterEach(async () => await opened.close());

    /** Enrols everybody and makes Amina routable. */
    async function ready(): Promise<void> {
      await desk.enrol(roster, t0);
      await desk.setPresence(amina, { is: "available" }, t0 + 1);
      await desk.setDevice("1001", "idle", t0 + 2);
    }
    async function known(id = amina): Promise<Agent> {
      const agent = await desk.agent(id);
      if (agent === null) throw new Error(`${id} is not known`);
      return agent;
    }
    async function entry(call = first) {
      return (await desk.snapshot()).waiting.find((each) => each.call === call) ?? null;
    }
    async function talking(call = first): Promise<void> {
      await ready();
      await desk.join(waiting(call));
      await desk.reserve(call, amina, t0 + 15_000);
      expect(await desk.connect(call, amina, t0 + 5_000)).toBe(true);
    }

    describe("agents", () => {
      it("enrols new agents as offline, and finds them by id and extension", async () => {
        await desk.enrol(roster, t0);
        const agent = await known();
        expect(agent).toEqual({
          id: amina,
          extension: "1001",
          queues: [support, sales],
          presence: { is: "offline" },
          reservation: { is: "none" },
          activity: { is: "none" },
          device: "unreachable",
          lostAt: t0,
          pending: null,
          idleSince: t0,
          tally: { calls: 0, talkMs: 0, offeredAt: {} },
        });
        expect(await desk.agentByExtension("1001")).toEqual(agent);
        expect((await known(juma)).queues).toEqual([]);
        expect((await desk.agents()).map((each) => each.id).sort()).toEqual([amina, juma]);
      });

      it("keeps the state of agents it knows and gives them their queues and extension", async () => {
        await ready();
        await desk.enrol([{ id: amina, extension: "1009", queues: [sales] }], t0 + 9_000);
        const agent = await known();
        expect(agent).toMatchObject({ extension: "1009", queues: [sales], idleSince: t0 + 1 });
        expect(agent.presence).toEqual({ is: "available" });
        expect(await desk.agentByExtension("1001")).toBeNull();
        expect((await desk.agentByExtension("1009"))?.id).toBe(amina);
        expect((await desk.agentByExtension("1002"))?.id).toBe(juma);
      });

      it("lets two agents swap extensions, and forgets one whose extension was given away", async () => {
        await ready();
        await desk.enrol(
          [
            { id: amina, extension: "1002", queues: [] },
            { id: juma, extension: "1001", queues: [] },
          ],
          t0,
        );
        expect((await desk.agentByExtension("1001"))?.id).toBe(juma);
        expect((await known()).presence.is).toBe("available");
        await desk.join(waiting());
        await desk.reserve(first, amina, t0 + 15_000);
        await desk.enrol([{ id: asAgentId("AGT-003"), extension: "1002", queues: [] }], t0);
        expect(await desk.agent(amina)).toBeNull();
        expect((await entry())?.offeredTo).toBeNull();
        expect(await desk.expire(t0 + 99_000)).toEqual([]);
      });

      it("keeps since when a phone is lost, from its enrolment on at the earliest", async () => {
        await ready();
        expect(await known()).not.toHaveProperty("lostAt");
        await desk.setDevice("1001", "unreachable", t0 + 50);
        await desk.setDevice("1001", "unreachable", t0 + 60);
        const lost = async () => (await known()).lostAt;
        expect(await lost()).toBe(t0 + 50);
        await desk.enrol(roster, t0 + 70);
        expect(await lost()).toBe(t0 + 70);
        await desk.setDevice("1001", "idle", t0 + 80);
        await desk.enrol(roster, t0 + 90);
        expect(await known()).not.toHaveProperty("lostAt");
      });

      it("knows nothing of unknown agents and extensions", async () => {
        await desk.enrol(roster, t0);
        const nobody = asAgentId("AGT-999");
        expect(await desk.agent(nobody)).toBeNull();
        expect(await desk.agentByExtension("1999")).toBeNull();
        expect(await desk.setPresence(nobody, { is: "available" }, t0)).toBeNull();
        expect(await desk.setDevice("1999", "idle", t0)).toBeNull();
        await desk.join(waiting());
        expect(await desk.reserve(first, nobody, t0 + 1)).toBe("agent_gone");
        expect(await desk.reserveDirect(second, nobody, t0 + 1)).toBe("agent_gone");
        expect(await desk.release(first, nobody, "busy", 0)).toBe(false);
        expect(await desk.connect(first, nobody, t0)).toBe(false);
        expect(await desk.finish(first, nobody, 0, t0)).toBe(false);
        expect(await desk.endWrapUp(nobody, t0)).toBe(false);
      });
    });

    describe("presence", () => {
      it("starts the idle time anew on coming back, not on saying available twice", async () => {
        await desk.enrol(roster, t0);
        await desk.setPresence(amina, { is: "available" }, t0 + 10);
        expect(await desk.setPresence(amina, { is: "available" }, t0 + 20)).toMatchObject({
          idleSince: t0 + 10,
        });
        const reason = 'chai "☕" \ud800 /';
        const paused = await desk.setPresence(amina, { is: "paused", reason }, t0 + 30);
        expect(paused?.presence).toEqual({ is: "paused", reason: 'chai "☕" \ufffd /' });
        expect(await desk.setPresence(amina, { is: "available" }, t0 + 40)).toMatchObject({
          presence: { is: "available" },
          idleSince: t0 + 40,
        });
      });

      it("keeps a pause asked for during a call until the call ends, with its reason", async () => {
        await talking();
        const during = await desk.setPresence(amina, { is: "paused", reason: "lunch" }, t0 + 6_000);
        expect(during).toMatchObject({ presence: { is: "available" }, pending: "paused" });
        expect(await desk.finish(first, amina, 0, t0 + 7_000)).toBe(true);
        expect(await known()).toMatchObject({
          presence: { is: "paused", reason: "lunch" },
          pending: null,
          idleSince: t0 + 7_000,
        });
      });

      it("lets a pause or sign-out wait for after-call work, whenever it was asked for", async () => {
        const work = { presence: { is: "after_call", until: t0 + 17_000, call: first } };
        await talking();
        await desk.setPresence(amina, { is: "paused", reason: "lunch" }, t0 + 6_000);
        await desk.finish(first, amina, t0 + 17_000, t0 + 7_000);
        expect(await known()).toMatchObject({ ...work, pending: "paused" });
        expect(await desk.setPresence(amina, { is: "offline" }, t0 + 8_000)).toMatchObject({
          ...work,
          pending: "offline",
        });
        const reason = "prayer";
        await desk.setPresence(amina, { is: "paused", reason }, t0 + 9_000);
        expect(await desk.endWrapUp(amina, t0 + 16_999)).toBe(false);
        expect(await desk.endWrapUp(amina, t0 + 17_000)).toBe(true);
        expect(await known()).toMatchObject({ presence: { is: "paused", reason }, pending: null });
      });

      it("ends after-call work that is due later when that is said, and then comes what was pending", async () => {
        await talking();
        await desk.finish(first, amina, t0 + 17_000, t0 + 7_000);
        await desk.setPresence(amina, { is: "offline" }, t0 + 8_000);
        expect(await desk.endWrapUp(amina, t0 + 9_000, t0 + 16_000)).toBe(false);
        expect(await desk.endWrapUp(amina, t0 + 9_000, t0 + 17_000)).toBe(true);
        expect(await known()).toMatchObject({ presence: { is: "offline" }, pending: null });
      });

      it("forgets what is pending when she says available during the call", async () => {
        await talking();
        await desk.setPresence(amina, { is: "offline" }, t0 + 6_000);
        expect((await known()).pending).toBe("offline");
        await desk.setPresence(amina, { is: "available" }, t0 + 6_500);
        await desk.finish(first, amina, 0, t0 + 7_000);
        expect(await known()).toMatchObject({ presence: { is: "available" }, pending: null });
      });

      it("does not take back an offer under way", async () => {
        await ready();
        await desk.join(waiting());
        await desk.reserve(first, amina, t0 + 15_000);
        const paused = await desk.setPresence(amina, { is: "paused", reason: "" }, t0 + 3);
        expect(paused?.reservation).toEqual({ is: "offered", call: first, until: t0 + 15_000 });
        expect(await desk.connect(first, amina, t0 + 4)).toBe(true);
        await desk.finish(first, amina, t0 + 20_000, t0 + 5);
        expect(await known()).toMatchObject({ presence: { is: "after_call" }, pending: "paused" });
        await desk.endWrapUp(amina, t0 + 20_000);
        expect(await known()).toMatchObject({ presence: paused?.presence, pending: null });
      });

      it("ends after-call work when she says available, and keeps her idle time", async () => {
        await talking();
        await desk.finish(first, amina, t0 + 17_000, t0 + 7_000);
        expect((await known()).presence).toEqual({
          is: "after_call",
          until: t0 + 17_000,
          call: first,
        });
        const back = await desk.setPresence(amina, { is: "available" }, t0 + 9_000);
        expect(back).toMatchObject({ presence: { is: "available" }, idleSince: t0 + 7_000 });
        expect(await desk.endWrapUp(amina, t0 + 17_000)).toBe(false);
      });

      it("sets what Asterisk says of a telephone", async () => {
        await desk.enrol(roster, t0);
        expect(await desk.setDevice("1001", "ringing", t0)).toMatchObject({ device: "ringing" });
        expect((await known()).device).toBe("ringing");
        expect((await known(juma)).device).toBe("unreachable");
      });
    });

    describe("waiting calls", () => {
      it("lists a call that joined until it leaves", async () => {
        await desk.join(waiting());
        expect(await entry()).toEqual({ ...waiting(), offeredTo: null, passedBy: [] });
        expect(await desk.leave(first)).toBe(true);
        expect(await desk.leave(first)).toBe(false);
        expect((await desk.snapshot()).waiting).toEqual([]);
      });

      it("moves a call that joins again, and frees the agent it was offered to", async () => {
        await ready();
        await desk.join(waiting());
        await desk.reserve(first, amina, t0 + 15_000);
        await desk.join({ ...waiting(first, t0 + 50), queue: sales });
        expect(await desk.snapshot()).toMatchObject({
          waiting: [{ call: first, queue: sales, enteredAt: t0 + 50, offeredTo: null }],
        });
        expect((await known()).reservation).toEqual({ is: "none" });
        expect(await desk.connect(first, amina, t0 + 60)).toBe(false);
      });

      it("knows which agent a call prefers", async () => {
        await desk.join({ ...waiting(), prefers: juma });
        expect(await entry()).toEqual({
          ...waiting(),
          prefers: juma,
          offeredTo: null,
          passedBy: [],
        });
      });

      it("keeps what the overflow did for a call, whatever becomes of it while it waits", async () => {
        await ready();
        await desk.join(waiting());
        await desk.saveCall(callState(), "kituo-a/1");
        await desk.reserve(first, amina, t0 + 15_000);
        const asked = { priority: 7, widened: true, alsoQueues: [sales] } as const;
        expect(await desk.adjust(first, asked)).toBe(true);
        // What is not named stays.
        expect(await desk.adjust(first, { priority: 9 })).toBe(true);
        await desk.release(first, amina, "no_answer", 0);
        await desk.takeOver(first, "kituo-a/1", "kituo-b/1");
        expect(await entry()).toMatchObject({
          ...asked,
          priority: 9,
          queue: support,
          enteredAt: t0,
        });
        await desk.join({ ...waiting(), alsoQueues: [sales] });
        expect(await entry()).toEqual({ ...waiting(), alsoQueues: [sales], ...offeredToNobody });
        await desk.join({ ...waiting(), queue: sales });
        expect(await entry()).toEqual({ ...waiting(), queue: sales, ...offeredToNobody });
        expect(await desk.adjust(second, asked)).toBe(false);
      });

      it("counts an offer for the queue through which she takes the call", async () => {
        const offeredAt = async () => (await known(juma)).tally.offeredAt;
        await desk.enrol([{ id: juma, extension: "1002", queues: [sales] }], t0);
        await desk.setPresence(juma, { is: "available" }, t0);
        await desk.setDevice("1002", "idle", t0);
        await desk.join({ ...waiting(), alsoQueues: [sales] });
        await desk.reserve(first, juma, t0 + 15_000);
        expect(await offeredAt()).toEqual({ sales: t0 + 15_000 });
        await desk.leave(first);
        await desk.setDuties(juma, { queues: [sales, support] }, t0);
        await desk.join({ ...waiting(), alsoQueues: [sales] });
        await desk.reserve(first, juma, t0 + 20_000);
        expect(await offeredAt()).toEqual({ sales: t0 + 15_000, support: t0 + 20_000 });
      });

      it("gives who dials again the place that was kept for her, once and in that queue", async () => {
        const caller = "+254700000001";
        const kept = keptPlace(t0 - 30_000, t0 + 60_000, { caller });
        await desk.keepPlace(kept, t0);
        expect(await desk.join({ ...waiting(), queue: sales }, { caller, now: t0 })).toBeNull();
        expect(await desk.join(waiting(), { caller: "+254700000002", now: t0 })).toBeNull();
        expect(await desk.join(waiting())).toBeNull();
        const again = { caller, now: t0 + 59_999 };
        expect(await opened.other.join(waiting(second, t0 + 59_999), again)).toEqual(kept);
        expect((await desk.snapshot()).waiting).toContainEqual({
          ...waiting(second, t0 - 30_000),
          offeredTo: null,
          passedBy: [],
        });
        expect(await desk.join(waiting(second, t0 + 59_999), again)).toBeNull();
        expect(await entry(second)).toMatchObject({ enteredAt: t0 + 59_999 });
      });

      it("keeps with a place what was asked for her there, and what was done", async () => {
        const asked = { priority: 9, widened: true } as const;
        const kept = keptPlace(t0 - 30_000, t0 + 60_000, { asked, overflowed: [0, 2] });
        await desk.keepPlace(kept, t0);
        const again = { caller: kept.caller, now: t0 };
        expect(await opened.other.join(waiting(), again)).toEqual(kept);
        expect(await entry()).toMatchObject({ ...asked, enteredAt: t0 - 30_000 });
        expect((await opened.other.snapshot()).waiting).toMatchObject([asked]);
        // Who came before her place was taken keeps what is asked for her now.
        await desk.keepPlace(kept, t0);
        expect(await desk.join(waiting(second, t0 - 40_000), again)).toBeNull();
        expect(await entry(second)).toMatchObject({ priority: 5, enteredAt: t0 - 40_000 });
        expect(await entry(second)).not.toHaveProperty("widened");
      });

      it("keeps a place until its time and no longer, and the newer of two", async () => {
        const kept = keptPlace(t0 - 30_000, t0 + 60_000);
        const newer = keptPlace(t0 - 10_000, t0 + 90_000);
        const again = { caller: kept.caller, now: t0 + 60_000 };
        await desk.keepPlace(kept, t0);
        expect(await desk.join(waiting(first, t0 + 60_000), again)).toBeNull();
        await desk.keepPlace(kept, t0);
        await desk.keepPlace(newer, t0);
        expect(await desk.join(waiting(first, t0 + 60_000), again)).toEqual(newer);
      });

      it("frees the reserved agent when the call leaves", async () => {
        await ready();
        await desk.join(waiting());
        await desk.reserve(first, amina, t0 + 15_000);
        await desk.leave(first);
        expect((await known()).reservation).toEqual({ is: "none" });
        expect(await desk.expire(t0 + 99_000)).toEqual([]);
      });

      it("shows calls and agents in one snapshot", async () => {
        expect(await desk.snapshot()).toEqual({ waiting: [], agents: [] });
        await ready();
        await desk.join(waiting());
        await desk.reserve(first, amina, t0 + 15_000);
        const { waiting: calls, agents } = await desk.snapshot();
        expect(calls).toEqual([{ ...waiting(), offeredTo: amina, passedBy: [] }]);
        expect(agents).toHaveLength(2);
        expect(agents).toContainEqual(await known());
        expect(agents).toContainEqual(await known(juma));
      });
    });

    describe("a call that rings at several agents", () => {
      async function bothRing(): Promise<void> {
        await ready();
        await desk.setPresence(juma, { is: "available" }, t0);
        await desk.setDevice("1002", "idle", t0);
        await desk.join(waiting());
        expect(await desk.reserve(first, amina, t0 + 15_000, true)).toBe("reserved");
        expect(await desk.reserve(first, juma, t0 + 15_000)).toBe("call_gone");
        expect(await desk.reserve(first, juma, t0 + 15_000, true)).toBe("reserved");
      }

      it("is offered to both, and to each once", async () => {
        await bothRing();
        expect(await desk.reserve(first, amina, t0 + 15_000, true)).toBe("agent_gone");
        expect(await entry()).toMatchObject({ offeredTo: amina, also: [juma] });
      });

      it("goes to whoever answers first, and to nobody else, asked for at the same time", async () => {
        await bothRing();
        const answers = await Promise.all([
          desk.connect(first, amina, t0 + 1),
          opened.other.connect(first, juma, t0 + 1),
        ]);
        expect(answers.filter((won) => won)).toHaveLength(1);
        const [winner, loser] = answers[0] ? [amina, juma] : [juma, amina];
        expect((await known(winner)).activity).toMatchObject({ is: "talking", call: first });
        expect(await entry()).toBeNull();
        // Her phone rings still: she is kept until it is quiet.
        expect((await known(loser)).reservation).toMatchObject({ is: "offered", lost: true });
        expect(await desk.connect(first, loser, t0 + 2)).toBe(false);
        expect(await desk.release(first, loser, "answered_elsewhere", 0, 3)).toBe("released");
        expect(routable(await known(loser))).toBe(true);
      });

      it("rings on at the others when one lets it ring out", async () => {
        await bothRing();
        await desk.release(first, amina, "no_answer", 0);
        const left = await entry();
        expect(left).toEqual({ ...waiting(), offeredTo: juma, passedBy: [amina] });
        expect(await desk.connect(first, juma, t0 + 1)).toBe(true);
      });

      it("frees all of them when it leaves, and each when her time is over", async () => {
        await bothRing();
        await desk.expire(t0 + 15_000);
        expect((await entry())?.offeredTo).toBeNull();
        await desk.reserve(first, amina, t0 + 15_000, true);
        await desk.reserve(first, juma, t0 + 15_000, true);
        await desk.leave(first);
        for (const id of [amina, juma]) {
          expect((await known(id)).reservation).toEqual({ is: "none" });
        }
      });
    });

    describe("closed queues", () => {
      it("knows what was said last of each, in every process", async () => {
        expect(await desk.closings()).toEqual([]);
        const closing = {
          queue: support,
          closed: true,
          until: t0 + 60_000,
          reason: "mafuriko",
          by: "mwangi",
          at: t0,
        };
        await desk.setClosing(closing);
        expect(await desk.closings()).toEqual([closing]);
        await expect.poll(() => opened.other.closings()).toEqual([closing]);
        const reopened = { ...closing, closed: false, until: null, reason: "", at: t0 + 1 };
        await opened.other.setClosing(reopened);
        await expect.poll(() => desk.closings()).toEqual([reopened]);
      });
    });

    describe("reservations", () => {
      it("reserves a routable agent for a call that waits", async () => {
        await ready();
        await desk.join(waiting());
        expect(await desk.reserve(first, amina, t0 + 15_000)).toBe("reserved");
        expect((await known()).reservation).toEqual({
          is: "offered",
          call: first,
          until: t0 + 15_000,
        });
        expect((await entry())?.offeredTo).toBe(amina);
      });

      it("refuses with the reason, and changes nothing", async () => {
        await ready();
        expect(await desk.reserve(first, amina, t0 + 15_000)).toBe("call_gone");
        await desk.join(waiting());
        await desk.join(waiting(second, t0 + 1));
        expect(await desk.reserve(first, juma, t0 + 15_000)).toBe("agent_gone");
        await desk.reserve(first, amina, t0 + 15_000);
        const before = await desk.snapshot();
        expect(await desk.reserve(first, juma, t0 + 15_000)).toBe("call_gone");
        expect(await desk.reserve(second, amina, t0 + 15_000)).toBe("agent_gone");
        expect(await desk.snapshot()).toEqual(before);
      });

      it.each([
        ["on a break", async () => await desk.setPresence(amina, { is: "paused", reason: "" }, t0)],
        ["signed out", async () => await desk.setPresence(amina, { is: "offline" }, t0)],
        ["whose phone rings", async () => await desk.setDevice("1001", "ringing", t0)],
        ["whose phone is busy", async () => await desk.setDevice("1001", "busy", t0)],
        ["whose phone is away", async () => await desk.setDevice("1001", "unreachable", t0)],
      ])("does not reserve an agent %s", async (_who, make) => {
        await ready();
        await make();
        await desk.join(waiting());
        expect(await desk.reserve(first, amina, t0 + 15_000)).toBe("agent_gone");
      });

      it("gives one agent to exactly one of fifty calls that want her at once", async () => {
        await ready();
        const calls = Array.from({ length: 50 }, (_, index) =>
          asCallId(`CALL-000000${index + 10}`),
        );
        await Promise.all(calls.map(async (call) => await desk.join(waiting(call))));
        const answers = await Promise.all(
          calls.map(async (call, index) =>
            (index % 2 === 0 ? desk : opened.other).reserve(call, amina, t0 + 15_000),
          ),
        );
        expect(answers.filter((answer) => answer === "reserved")).toHaveLength(1);
        expect(answers.filter((answer) => answer === "agent_gone")).toHaveLength(49);
        const offered = (await desk.snapshot()).waiting.filter((each) => each.offeredTo !== null);
        expect(offered.map((each) => each.call)).toEqual([calls[answers.indexOf("reserved")]]);
      });

      it("gives one call to exactly one of two agents that are offered it at once", async () => {
        await ready();
        await desk.setPresence(juma, { is: "available" }, t0);
        await desk.setDevice("1002", "idle", t0);
        await desk.join(waiting());
        const answers = await Promise.all([
          desk.reserve(first, amina, t0 + 15_000),
          opened.other.reserve(first, juma, t0 + 15_000),
        ]);
        expect([...answers].sort()).toEqual(["call_gone", "reserved"]);
      });

      it("reserves for a direct call though she is not available, but not twice or in a call", async () => {
        await desk.enrol(roster, t0);
        expect(await desk.reserveDirect(first, amina, t0 + 1)).toBe("agent_gone");
        await desk.setDevice("1001", "idle", t0);
        expect(await desk.reserveDirect(first, amina, t0 + 15_000)).toBe("reserved");
        expect(await desk.reserveDirect(second, amina, t0 + 15_000)).toBe("agent_gone");
        expect(await desk.connect(first, amina, t0 + 10)).toBe(true);
        expect(await desk.reserveDirect(second, amina, t0 + 15_000)).toBe("agent_gone");
        await desk.finish(first, amina, 0, t0 + 20);
        expect((await known()).presence).toEqual({ is: "offline" });
      });

      it("lets a direct call through to an agent who rests", async () => {
        await ready();
        await desk.reserveDirect(first, amina, t0 + 15_000);
        await desk.release(first, amina, "declined", t0 + 20_000);
        expect(await desk.reserveDirect(second, amina, t0 + 25_000)).toBe("reserved");
        expect(await desk.expire(t0 + 20_000)).toEqual([]);
        expect(await desk.expire(t0 + 25_000)).toEqual([{ agent: amina, call: second }]);
      });

      it("keeps the place of a call that was not answered, and who passed", async () => {
        await ready();
        await desk.join(waiting());
        await desk.reserve(first, amina, t0 + 15_000);
        expect(await desk.release(first, amina, "no_answer", t0 + 18_000)).toBe("released");
        expect(await entry()).toEqual({ ...waiting(), offeredTo: null, passedBy: [amina] });
        expect((await known()).reservation).toEqual({ is: "resting", until: t0 + 18_000 });
        expect(await desk.reserve(first, amina, t0 + 30_000)).toBe("agent_gone");
        expect(await desk.release(first, amina, "no_answer", 0)).toBe(false);
        await desk.expire(t0 + 18_000);
        await desk.reserve(first, amina, t0 + 30_000);
        await desk.release(first, amina, "busy", 0);
        expect((await entry())?.passedBy).toEqual([amina]);
        expect((await known()).reservation).toEqual({ is: "none" });
      });

      it("does not hold it against her that the caller left", async () => {
        await ready();
        await desk.join(waiting());
        await desk.reserve(first, amina, t0 + 15_000);
        await desk.release(first, amina, "caller_left", 0);
        expect((await entry())?.passedBy).toEqual([]);
      });

      it("releases only the reservation that is meant", async () => {
        await ready();
        await desk.join(waiting());
        await desk.join(waiting(second));
        await desk.reserve(second, amina, t0 + 15_000);
        expect(await desk.release(first, amina, "no_answer", 0)).toBe(false);
        expect((await known()).reservation.is).toBe("offered");
      });

      it("ends exactly what is due, the longest due first, and once", async () => {
        await ready();
        await desk.setDevice("1002", "idle", t0);
        await desk.join(waiting());
        await desk.reserve(first, amina, t0 + 15_000);
        await desk.reserveDirect(second, juma, t0 + 10_000);
        expect(await desk.expire(t0 + 9_999)).toEqual([]);
        const ended = await Promise.all([
          desk.expire(t0 + 15_000),
          opened.other.expire(t0 + 15_000),
        ]);
        expect(ended.flat()).toEqual([
          { agent: juma, call: second },
          { agent: amina, call: first },
        ]);
        expect(await entry()).toEqual({ ...waiting(), offeredTo: null, passedBy: [] });
        expect((await known()).reservation).toEqual({ is: "none" });
        expect(await desk.connect(first, amina, t0 + 15_001)).toBe(false);
      });

      it("ends a rest that is due, which had no call", async () => {
        await ready();
        await desk.reserveDirect(first, amina, t0 + 15_000);
        await desk.release(first, amina, "busy", t0 + 3_000);
        expect(await desk.expire(t0 + 3_000)).toEqual([{ agent: amina, call: null }]);
        await desk.join(waiting());
        expect(await desk.reserve(first, amina, t0 + 15_000)).toBe("reserved");
      });
    });

    describe("conversations", () => {
      it("takes the call out of its queue when the reserved agent answers", async () => {
        await talking();
        const { waiting: calls } = await desk.snapshot();
        expect(calls).toEqual([]);
        expect(await known()).toMatchObject({
          activity: { is: "talking", call: first, since: t0 + 5_000 },
          reservation: { is: "none" },
        });
        expect(await desk.expire(t0 + 99_000)).toEqual([]);
        expect(await desk.connect(second, amina, t0 + 6_000)).toBe(false);
        // Whoever asks again, because the answer was lost, is told the same; nothing begins anew.
        expect(await desk.connect(first, amina, t0 + 6_000)).toBe(true);
        expect((await known()).activity).toMatchObject({ since: t0 + 5_000 });
      });

      it("lets either the answer or the caller's leaving win, never both", async () => {
        await ready();
        await desk.join(waiting());
        await desk.reserve(first, amina, t0 + 15_000);
        const [connected, left] = await Promise.all([
          desk.connect(first, amina, t0 + 1),
          opened.other.leave(first),
        ]);
        expect([connected, left].filter(Boolean)).toHaveLength(1);
        const agent = await known();
        expect(agent.activity.is).toBe(connected ? "talking" : "none");
        expect(agent.reservation.is).toBe("none");
      });

      it("frees her at once without after-call work, from the end of the call on", async () => {
        await talking();
        await desk.join(waiting(second));
        expect(await desk.reserve(second, amina, t0 + 99_000)).toBe("agent_gone");
        expect(await desk.finish(second, amina, 0, t0 + 7_000)).toBe(false);
        expect(await desk.finish(first, amina, 0, t0 + 7_000)).toBe(true);
        expect(await desk.finish(first, amina, 0, t0 + 8_000)).toBe(false);
        expect(await known()).toMatchObject({
          presence: { is: "available" },
          activity: { is: "none" },
          idleSince: t0 + 7_000,
        });
        expect(await desk.reserve(second, amina, t0 + 99_000)).toBe("reserved");
      });

      it("ends after-call work when it is due, and counts idle time from the call's end", async () => {
        await talking();
        await desk.finish(first, amina, t0 + 17_000, t0 + 7_000);
        await desk.join(waiting(second));
        expect(await desk.reserve(second, amina, t0 + 99_000)).toBe("agent_gone");
        expect(await desk.endWrapUp(amina, t0 + 16_999)).toBe(false);
        expect(await desk.endWrapUp(amina, t0 + 17_000)).toBe(true);
        expect(await desk.endWrapUp(amina, t0 + 17_000)).toBe(false);
        expect(await known()).toMatchObject({
          presence: { is: "available" },
          idleSince: t0 + 7_000,
        });
      });

      it("learns how long the calls of a queue take, and counts no others", async () => {
        await talking();
        expect((await known()).activity).toMatchObject({ queue: support });
        await desk.finish(first, amina, t0 + 25_000, t0 + 15_000);
        expect((await known()).tally.handled).toEqual({ [support]: { calls: 1, ms: 20_000 } });
        await desk.endWrapUp(amina, t0 + 25_000);
        await desk.join(waiting(second));
        await desk.reserve(second, amina, t0 + 40_000);
        await desk.connect(second, amina, t0 + 30_000);
        await desk.finish(second, amina, 0, t0 + 39_999);
        const { tally } = await known();
        expect(tally.handled).toEqual({ [support]: { calls: 2, ms: 14_999 } });
        expect(tally).toMatchObject({ calls: 2, talkMs: 19_999 });
        await desk.reserveDirect(first, amina, t0 + 60_000);
        await desk.connect(first, amina, t0 + 50_000);
        await desk.finish(first, amina, 0, t0 + 99_000);
        expect(await known()).toMatchObject({ tally, idleSince: t0 + 99_000 });
      });

      it("goes on with after-call work after a direct call in between", async () => {
        await talking();
        await desk.finish(first, amina, t0 + 17_000, t0 + 7_000);
        await desk.reserveDirect(second, amina, t0 + 20_000);
        await desk.connect(second, amina, t0 + 8_000);
        await desk.finish(second, amina, 0, t0 + 9_000);
        expect((await known()).presence).toEqual({
          is: "after_call",
          until: t0 + 17_000,
          call: first,
        });
      });
    });

    describe("live calls", () => {
      it("keeps live calls whole, with who holds them", async () => {
        expect(await desk.saveCall(callState(), "kituo-a/1")).toBe(true);
        expect(await desk.saveCall(callState(second), "kituo-b/1")).toBe(true);
        const state: CallState = { ...callState(), stage: "queued", seq: 2 };
        expect(await desk.saveCall(state, "kituo-a/1")).toBe(true);
        expect(await desk.liveCall(first)).toEqual({ state, owner: "kituo-a/1" });
        expect(await desk.saveCall(callState(), "kituo-a/2")).toBe(false);
        expect(await desk.liveCall(first)).toEqual({ state, owner: "kituo-a/1" });
        expect(await desk.liveCalls()).toHaveLength(2);
        await desk.removeCall(first);
        expect(await desk.liveCall(first)).toBeNull();
        expect((await desk.liveCalls()).map(({ state }) => state.id)).toEqual([second]);
      });

      it("gives a call and its place to one other process, if the first holds it", async () => {
        await ready();
        await desk.saveCall(callState(), "kituo-a");
        await desk.join(waiting());
        await desk.reserve(first, amina, t0 + 15_000);
        expect(await desk.takeOver(first, "kituo-b", "kituo-c")).toBeNull();
        expect(await desk.takeOver(second, "kituo-a", "kituo-b")).toBeNull();
        const taken = await Promise.all([
          desk.takeOver(first, "kituo-a", "kituo-b"),
          opened.other.takeOver(first, "kituo-a", "kituo-c"),
        ]);
        const owner = taken[0] === null ? "kituo-c" : "kituo-b";
        expect(taken.filter((live) => live !== null)).toEqual([{ state: callState(), owner }]);
        expect(await desk.liveCall(first)).toEqual({ state: callState(), owner });
        expect(await entry()).toEqual({ ...waiting(), owner, offeredTo: amina, passedBy: [] });
        expect(await desk.saveCall(callState(), "kituo-a")).toBe(false);
        // The offer goes on.
        expect(await desk.connect(first, amina, t0 + 1)).toBe(true);
      });

      it("leaves nothing of a removed call: no place, no reservation, no conversation", async () => {
        await ready();
        await desk.setDevice("1002", "idle", t0);
        await desk.saveCall(callState(), "kituo-a");
        await desk.join(waiting());
        await desk.reserve(first, amina, t0 + 15_000);
        await desk.reserveDirect(first, juma, t0 + 15_000);
        await desk.removeCall(first);
        expect((await desk.snapshot()).waiting).toEqual([]);
        expect((await desk.agents()).map((each) => each.reservation.is)).toEqual(["none", "none"]);
        expect(await desk.expire(t0 + 99_000)).toEqual([]);
      });

      it("frees an agent who still talks in a removed call, with what was pending", async () => {
        await talking();
        await desk.setPresence(amina, { is: "offline" }, t0 + 6_000);
        await desk.removeCall(second);
        expect((await known()).activity.is).toBe("talking");
        await desk.removeCall(first);
        expect(await known()).toMatchObject({
          activity: { is: "none" },
          presence: { is: "offline" },
          pending: null,
          idleSince: t0 + 5_000,
        });
        expect(await desk.finish(first, amina, 0, t0 + 9_000)).toBe(false);
      });
    });

    describe("processes", () => {
      it("counts the beats of those that are alive, until they retire", async () => {
        expect(await desk.peers()).toEqual([]);
        expect(await desk.beat("kituo-a/1")).toBe(true);
        expect(await desk.beat("kituo-b/1")).toBe(true);
        expect(await desk.beat("kituo-a/1")).toBe(true);
        const byOwner = new Map((await desk.peers()).map(({ owner, beats }) => [owner, beats]));
        expect(byOwner).toEqual(
          new Map([
            ["kituo-a/1", 2],
            ["kituo-b/1", 1],
          ]),
        );
        await desk.retire("kituo-a/1");
        await desk.retire("kituo-a/1");
        expect((await desk.peers()).map(({ owner }) => owner)).toEqual(["kituo-b/1"]);
        expect(await desk.beat("kituo-a/1")).toBe(true);
      });

      it("shuts a fenced process out of every verb", async () => {
        await ready();
        await desk.beat(opened.owner);
        await desk.saveCall(callState(), opened.owner);
        await opened.other.fence(opened.owner);
        const before = await opened.other.agents();
        const verbs: (() => Promise<unknown>)[] = [
          () => desk.enrol(roster, t0),
          () => desk.setDuties(amina, {}, t0),
          () => desk.setPresence(amina, { is: "offline" }, t0),
          () => desk.setDevice("1001", "busy", t0),
          () => desk.join(waiting()),
          () => desk.leave(first),
          () => desk.reserve(first, amina, t0),
          () => desk.reserveDirect(first, amina, t0),
          () => desk.release(first, amina, "busy", 0),
          () => desk.expire(t0),
          () => desk.connect(first, amina, t0),
          () => desk.finish(first, amina, 0, t0),
          () => desk.endWrapUp(amina, t0),
          () => desk.extendWrapUp(amina, 1, 1, t0),
          () => desk.saveCall(callState(), opened.owner),
          () => desk.bookCallback(callState(), opened.owner, second),
          () => desk.takeOver(first, opened.owner, "kituo-c/1"),
          () => desk.removeCall(first),
          () => desk.retire(opened.owner),
          () => desk.fence("kituo-c/1"),
        ];
        for (const verb of verbs) await expect(verb()).rejects.toMatchObject({ code: "fenced" });
        expect(await desk.beat(opened.owner)).toBe(false);
        expect(await opened.other.agents()).toEqual(before);
        expect(await opened.other.liveCall(first)).not.toBeNull();
      });

      it("lets everybody else go on, and fences as often as it is asked", async () => {
        await desk.beat("kituo-c/1");
        await opened.other.fence("kituo-c/1");
        await desk.fence("kituo-c/1");
        expect(await desk.peers()).toEqual([]);
        expect(await desk.beat("kituo-c/1")).toBe(false);
        expect(await desk.beat("kituo-c/2")).toBe(true);
        await desk.join(waiting());
        expect(await entry()).not.toBeNull();
      });
    });

    describe("how an agent works", () => deskWork(() => opened));

    describe("calls back", () => deskCallbacks(() => opened));

    describe("changes", () => deskChanges(() => opened));
  });
}
