import { describe, expect, it } from "vitest";
import { fold } from "../../../src/domain/call.ts";
import { asAgentId, asDeliveryId, asWebhookId } from "../../../src/domain/ids.ts";
import { DAY, historyOf, newCall, ticketFor } from "./examples.ts";
import type { Stage } from "./stage.ts";

/** What every store promises of what is erased. */
export function erasureConformance(stage: Stage): void {
  const said = { speaker: "customer", language: null, at: DAY, source: "speech" } as const;

  /** A call with all that can belong to one. */
  async function wholeCall(caller: string, outbound = false) {
    const { calls, transcripts, recordings, wrapUps, tickets } = stage.store;
    const call = newCall();
    const events = historyOf(call, DAY, { caller }).map((event) =>
      event.type === "started" && outbound
        ? { ...event, direction: "outbound" as const, dialled: caller }
        : event,
    );
    await calls.append(events, [fold(events)]);
    await transcripts.append(call, [{ ...said, key: "1", content: "My name is Zawadi" }]);
    const file = { kind: "conversation", file: `${call}.wav`, bytes: 1, durationMs: 1 } as const;
    await recordings.save({ name: `${call}/1`, call, ...file, sha256: "ab", at: DAY });
    const about = { code: "sold", note: "Zawadi's card", author: "amina", at: DAY };
    await wrapUps.save({ call, agent: asAgentId("AGT-001"), ...about });
    const ticket = await tickets.open(ticketFor(call, "voicemail"), DAY);
    return { call, events, ticket };
  }

  describe("erasing", () => {
    it("takes who somebody was out of her calls, and leaves when they were and how they went", async () => {
      const inbound = await wholeCall("+254746000001");
      const outbound = await wholeCall("+254746000001", true);
      const other = await wholeCall("+254746000002");
      const { store } = stage;
      const before = await store.calls.get(other.call);
      expect(await store.erasure.calls([inbound.call, outbound.call])).toEqual({
        calls: 2,
        transcriptLines: 2,
        recordings: 2,
        wrapUpNotes: 2,
        tickets: 2,
      });
      const after = await stage.another();
      for (const { call, events } of [inbound, outbound]) {
        const log = await after.calls.get(call);
        expect(JSON.stringify(log)).not.toMatch(/Zawadi|746000001/);
        const anonymous = events.map((event) =>
          event.type === "started"
            ? {
                ...event,
                caller: "",
                callerName: "",
                dialled: event.direction === "outbound" ? "" : event.dialled,
              }
            : event,
        );
        expect(log).toEqual({ state: fold(anonymous), events: anonymous });
        expect(await after.transcripts.list(call)).toEqual([]);
        expect(await after.recordings.ofCall(call)).toEqual([]);
        expect(await after.wrapUps.ofCall(call)).toMatchObject([{ code: "sold", note: "" }]);
        // What is written again, because it was not known whether it was written, does not bring her back.
        await after.calls.append(events, [fold(events)]);
        expect(JSON.stringify(await after.calls.get(call))).not.toMatch(/Zawadi|746000001/);
      }
      expect(await after.calls.list({ caller: "+254746000001", limit: 9 })).toEqual([]);
      const words = [{ text: "zawadi", isPrefix: false }];
      const found = await after.transcripts.search({ words, limit: 500 });
      expect(found.map(({ call }) => call)).toContain(other.call);
      for (const { call } of found) expect([inbound.call, outbound.call]).not.toContain(call);
      expect(await after.calls.get(other.call)).toEqual(before);
      expect(await after.transcripts.list(other.call)).toHaveLength(1);
      expect(await after.recordings.ofCall(other.call)).toHaveLength(1);
      expect(await after.tickets.get(other.ticket.id)).toEqual(other.ticket);
      expect(await store.erasure.calls([])).toMatchObject({ calls: 0, tickets: 0 });
    });

    it("empties tickets, and counts those that were not empty", async () => {
      const { tickets, erasure } = stage.store;
      const [one, two, other] = [
        await tickets.open({ ...ticketFor(null), subject: "Erased" }, DAY),
        await tickets.open(ticketFor(null, "voicemail"), DAY),
        await tickets.open(ticketFor(null), DAY),
      ];
      expect(await erasure.tickets([one.id, two.id])).toBe(2);
      expect(await erasure.tickets([one.id, two.id])).toBe(0);
      for (const { id, status, department } of [one, two])
        expect(await tickets.get(id)).toMatchObject({
          id,
          status,
          department,
          subject: "Erased",
          description: "",
          customerName: "",
          customerPhone: "",
          recording: null,
          notes: [],
        });
      expect(await tickets.get(other.id)).toEqual(other);
    });

    it("takes away messages to webhooks", async () => {
      const { webhooks, erasure } = stage.store;
      const message = (id: string) => ({
        id: asDeliveryId(id),
        webhook: asWebhookId("WHK-ERASURE"),
        event: "call:new",
        body: "{}",
        state: "delivered" as const,
        tries: 1,
        status: 200,
        fault: "",
        createdAt: DAY,
        triedAt: DAY,
      });
      await webhooks.keep([message("DLV-E1"), message("DLV-E2")]);
      await erasure.messages([asDeliveryId("DLV-E1"), asDeliveryId("DLV-NONE")]);
      await webhooks.settle(message("DLV-E1"));
      expect(await webhooks.delivery(asDeliveryId("DLV-E1"))).toBeNull();
      expect(await webhooks.delivery(asDeliveryId("DLV-E2"))).not.toBeNull();
    });
  });
}
