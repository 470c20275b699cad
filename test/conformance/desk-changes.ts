import { expect, it } from "vitest";
import type { QueueSnapshot } from "../../src/domain/queue.ts";
import {
  amina,
  callState,
  first,
  juma,
  type OpenedDesk,
  roster,
  second,
  t0,
  waiting,
} from "./desk-scene.ts";

const inOrder = ({ waiting: calls, agents }: QueueSnapshot): unknown => ({
  calls: calls.toSorted((left, right) => left.call.localeCompare(right.call)),
  agents: agents.toSorted((left, right) => left.id.localeCompare(right.id)),
});

/** What every desk promises to those who watch it. */
export function deskChanges(opened: () => OpenedDesk): void {
  it("tells of every change before the verb answers, and of no refusal", async () => {
    const { desk } = opened();
    let told = 0;
    desk.onChange(() => {
      told += 1;
    });
    const tells = async (step: () => Promise<unknown>): Promise<boolean> => {
      const before = told;
      await step();
      return told === before + 1;
    };
    const wish = { is: "available" } as const;
    expect(await tells(() => desk.enrol(roster, t0))).toBe(true);
    expect(await tells(() => desk.setDuties(amina, { skills: { cards: 1 } }, t0))).toBe(true);
    expect(await tells(() => desk.setPresence(amina, wish, t0))).toBe(true);
    expect(await tells(() => desk.setDevice("1001", "idle", t0))).toBe(true);
    expect(await tells(() => desk.join(waiting()))).toBe(true);
    expect(await tells(() => desk.reserve(first, amina, t0 + 5))).toBe(true);
    expect(await tells(() => desk.release(first, amina, "busy", t0 + 5))).toBe(true);
    expect(await tells(() => desk.expire(t0 + 5))).toBe(true);
    expect(await tells(() => desk.reserveDirect(first, amina, t0 + 9))).toBe(true);
    expect(await tells(() => desk.connect(first, amina, t0 + 6))).toBe(true);
    expect(await tells(() => desk.finish(first, amina, t0 + 8, t0 + 7))).toBe(true);
    expect(await tells(() => desk.extendWrapUp(amina, 1, 99, t0 + 7))).toBe(true);
    expect(await tells(() => desk.endWrapUp(amina, t0 + 9))).toBe(true);
    expect(await tells(() => desk.leave(first))).toBe(true);
    await desk.join(waiting());
    await desk.saveCall(callState(), "kituo-a/1");
    expect(await tells(() => desk.takeOver(first, "kituo-a/1", "kituo-a/2"))).toBe(true);
    expect(await tells(() => desk.removeCall(first))).toBe(true);
    expect(await tells(() => desk.beat("kituo-a/1"))).toBe(true);
    expect(await tells(() => desk.retire("kituo-a/1"))).toBe(true);
    await desk.beat("kituo-b/1");
    expect(await tells(() => desk.fence("kituo-b/1"))).toBe(true);
    await desk.beat("kituo-c/1");

    const quiet = told;
    await desk.setDevice("1001", "idle", t0);
    await desk.reserve(first, amina, t0 + 5);
    await desk.reserveDirect(first, juma, t0 + 5);
    await desk.release(first, amina, "busy", 0);
    await desk.expire(t0 + 99);
    await desk.connect(first, amina, t0);
    await desk.finish(first, amina, 0, t0);
    await desk.endWrapUp(amina, t0);
    await desk.leave(first);
    await desk.removeCall(first);
    await desk.saveCall(callState(), "kituo-a/1");
    await desk.takeOver(first, "kituo-b/1", "kituo-c/1");
    await desk.beat("kituo-c/1");
    await desk.retire("kituo-a/1");
    await desk.fence("kituo-b/1");
    await desk.snapshot();
    await desk.peers();
    expect(told).toBe(quiet);
  });

  it("shows a change in the view of whoever is told of it", async () => {
    const { desk } = opened();
    const seen: Promise<QueueSnapshot>[] = [];
    desk.onChange(() => {
      seen.push(desk.view());
    });
    const after = async (step: () => Promise<unknown>) => {
      seen.length = 0;
      await step();
      const [first = Promise.reject(new Error("nobody was told"))] = seen;
      const { waiting: calls, agents } = await first;
      return { calls, agent: agents.find(({ id }) => id === amina) };
    };
    await after(() => desk.enrol(roster, t0));
    const available = await after(() => desk.setPresence(amina, { is: "available" }, t0));
    expect(available.agent?.presence.is).toBe("available");
    const idle = await after(() => desk.setDevice("1001", "idle", t0));
    expect(idle.agent?.device).toBe("idle");
    expect((await after(() => desk.join(waiting()))).calls).toMatchObject([{ call: first }]);
    const reserved = await after(() => desk.reserve(first, amina, t0 + 5));
    expect(reserved.calls).toMatchObject([{ call: first, offeredTo: amina }]);
    expect(reserved.agent?.reservation.is).toBe("offered");
    const talking = await after(() => desk.connect(first, amina, t0 + 6));
    expect(talking).toMatchObject({ calls: [], agent: { activity: { is: "talking" } } });
    const free = await after(() => desk.finish(first, amina, 0, t0 + 7));
    expect(free.agent).toMatchObject({ activity: { is: "none" }, presence: { is: "available" } });
  });

  it("shows in its view what it has just been told, though the answer is not there yet", async () => {
    const { desk } = opened();
    await desk.enrol(roster, t0);
    await desk.setPresence(amina, { is: "available" }, t0);
    const told = Promise.all([desk.join(waiting()), desk.setDevice("1001", "idle", t0)]);
    const { waiting: calls, agents } = await desk.view();
    expect(calls).toMatchObject([{ call: first, offeredTo: null }]);
    expect(agents.find(({ id }) => id === amina)?.device).toBe("idle");
    // What is asked for next is done behind it.
    expect(await desk.reserve(first, amina, t0 + 5)).toBe("reserved");
    await told;
    expect(inOrder(await desk.view())).toEqual(inOrder(await desk.snapshot()));
  });

  it("shows an agent as free whose call is just being ended, though the answer is not there yet", async () => {
    const { desk } = opened();
    await desk.enrol(roster, t0);
    await desk.setPresence(amina, { is: "available" }, t0);
    await desk.setDevice("1001", "idle", t0);
    await desk.join(waiting());
    await desk.reserve(first, amina, t0 + 5);
    await desk.connect(first, amina, t0 + 1);
    await desk.setDevice("1001", "busy", t0 + 2);
    await desk.join(waiting(second));
    const told = Promise.all([
      desk.finish(first, amina, 0, t0 + 3),
      desk.setDevice("1001", "idle", t0 + 3),
    ]);
    const { agents } = await desk.view();
    expect(agents.find(({ id }) => id === amina)).toMatchObject({
      activity: { is: "none" },
      device: "idle",
      idleSince: t0 + 3,
    });
    expect(await desk.reserve(second, amina, t0 + 9)).toBe("reserved");
    expect((await told)[0]).toBe(true);
    expect(inOrder(await desk.view())).toEqual(inOrder(await desk.snapshot()));
  });

  it("shows what another process did, when that has been told", async () => {
    const { desk, other } = opened();
    await desk.enrol(roster, t0);
    const seen: Promise<QueueSnapshot>[] = [];
    const shown = new Promise<void>((resolve) => {
      desk.onChange(() => {
        const view = desk.view();
        seen.push(view);
        void view.then(({ waiting: calls }) => calls.length === 1 && resolve());
      });
    });
    await other.join(waiting());
    await shown;
    expect(seen.length).toBeLessThanOrEqual(2);
    expect(inOrder(await desk.view())).toEqual(inOrder(await desk.snapshot()));
  });
}
