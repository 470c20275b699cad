import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  asBridgeId,
  asCallId,
  asChannelId,
  asQueueName,
  type ChannelId,
} from "../../src/domain/ids.ts";
import {
  type DeviceChange,
  type DialledLeg,
  HungUp,
  type Leg,
  type Telephony,
} from "../../src/ports/telephony.ts";

/** Somebody outside who has dialled in. */
export interface Caller {
  /** Settles when her phone knows that the call was answered. */
  connected(): Promise<void>;
  hangup(): Promise<void>;
}

/** What a phone does with each call: `leave` answers and hangs up half a second later. */
export type Manner = "answer" | "leave" | "busy" | "decline" | "ring";

/** A phone on an extension. */
export interface Phone {
  /** Settles when it has begun to ring. */
  ringing(): Promise<void>;
  /** Settles when it was told to stop ringing. */
  silenced(): Promise<void>;
  unplug(): Promise<void>;
}

export interface IncomingCall {
  readonly dialled: string;
  readonly number: string;
  readonly name: string;
  /** Pressed one after another as soon as the call is answered. */
  readonly keys: string;
}

/** The world around a telephony adapter: people and phones. */
export interface Rig {
  readonly telephony: Telephony;
  callIn(call: IncomingCall): Promise<Caller>;
  /** A phone that treats every call alike. */
  plugIn(extension: string, manner: Manner): Promise<Phone>;
  /** Somebody outside who can be called over the trunk `simulator`, and treats every call alike. */
  plugInOutside(number: string, manner: Manner): Promise<Phone>;
  /** Lets time pass until the promise settles: a clock in memory has to be wound for that. */
  during<Value>(promise: Promise<Value>): Promise<Value>;
  /** Prompts that exist, one of a second or less and one of ten or more. */
  readonly prompts: { readonly short: string; readonly long: string };
  stop(): Promise<void>;
}

/** What every adapter to a telephone exchange must do, in the words of `ports/telephony.ts`. */
export function telephonyConformance(name: string, makeRig: () => Promise<Rig>): void {
  describe(`telephony: ${name}`, () => {
    let rig: Rig;
    let exchange: Telephony;
    const devices: DeviceChange[] = [];
    const arrived: Leg[] = [];
    const callers: Caller[] = [];
    const phones: Phone[] = [];
    const call = asCallId("CALL-0A1B2C3D");
    const never = new AbortController().signal;

    beforeAll(async () => {
      rig = await makeRig();
      exchange = rig.telephony;
      exchange.onCall((leg) => arrived.push(leg));
      exchange.onDevice((change) => devices.push(change));
      await exchange.start();
    });
    afterEach(async () => {
      await Promise.all(callers.splice(0).map((caller) => caller.hangup()));
      await Promise.all(phones.splice(0).map((phone) => phone.unplug()));
      // Every test gives back all that it acquired; the exchange itself is the witness.
      await eventually(async () => (await exchange.inventory()).channels.length === 0);
      expect(await exchange.inventory()).toEqual({ channels: [], bridges: [] });
    });
    afterAll(async () => {
      await exchange?.stop();
      await rig?.stop();
    });

    async function eventually(holds: () => Promise<boolean>): Promise<void> {
      await rig.during(expect.poll(holds).toBe(true) as Promise<void>);
    }

    async function callIn(call: Partial<IncomingCall> = {}): Promise<{ leg: Leg; caller: Caller }> {
      const dialled = `+2547${String(Math.floor(Math.random() * 1e8)).padStart(8, "0")}`;
      const caller = await rig.callIn({
        dialled,
        number: "+254700000001",
        name: "Asha",
        keys: "",
        ...call,
      });
      callers.push(caller);
      const find = () => arrived.find((leg) => leg.entry.dialled === (call.dialled ?? dialled));
      await eventually(async () => find() !== undefined);
      return { leg: find() as Leg, caller };
    }

    async function answered(call: Partial<IncomingCall> = {}) {
      const incoming = await callIn(call);
      await rig.during(incoming.leg.answer());
      await rig.during(incoming.caller.connected());
      return incoming;
    }

    async function plugIn(extension: string, manner: Manner) {
      const phone = await rig.plugIn(extension, manner);
      phones.push(phone);
      return phone;
    }

    function dial(extension: string, originator: Leg, timeoutMs = 20_000): DialledLeg {
      return exchange.dial({
        id: asChannelId(`test-${randomUUID()}`),
        call,
        to: { extension },
        callerNumber: "+254700000001",
        callerName: "Asha",
        originator: originator.id,
        timeoutMs,
      });
    }

    const ended = (leg: Leg): Promise<HungUp> =>
      rig.during(
        new Promise((resolve) => {
          const tell = () => resolve(leg.gone.reason as HungUp);
          if (leg.gone.aborted) tell();
          else leg.gone.addEventListener("abort", tell, { once: true });
        }),
      );

    describe("a call from outside", () => {
      it("tells what was dialled and who calls", async () => {
        const { leg } = await callIn({ dialled: "+254711000009" });
        expect(leg.entry).toEqual({ from: "outside", dialled: "+254711000009" });
        expect(leg.callerNumber).toBe("+254700000001");
        expect(leg.callerName).toBe("Asha");
        expect(leg.gone.aborted).toBe(false);
        expect((await exchange.inventory()).channels).toEqual([leg.id]);
      });

      it("ends when the caller hangs up, and only then", async () => {
        const { leg, caller } = await answered();
        await caller.hangup();
        const reason = await ended(leg);
        expect(reason).toBeInstanceOf(HungUp);
        expect(reason.channel).toBe(leg.id);
        expect(reason.hangupCause).toBe("normal");
      });

      it("ends when we hang up, once, however often we say so", async () => {
        const { leg } = await answered();
        await rig.during(Promise.all([leg.hangup("normal"), leg.hangup("busy"), leg.hangup()]));
        expect((await ended(leg)).hangupCause).toBe("normal");
        await rig.during(leg.hangup());
      });

      it("can be told that it rings before it is answered", async () => {
        const { leg, caller } = await callIn();
        await rig.during(leg.ring());
        await rig.during(leg.answer());
        await rig.during(caller.connected());
        expect(leg.gone.aborted).toBe(false);
      });

      it("keeps the keys that were pressed early, in order", async () => {
        const { leg } = await answered({ keys: "2*09#" });
        await eventually(async () => leg.keys.ready === 5);
        const keys: string[] = [];
        for (let count = 0; count < 5; count += 1) keys.push(await leg.keys.next(never));
        expect(keys.join("")).toBe("2*09#");
        expect(leg.keys.ready).toBe(0);
        await expect(leg.keys.next(AbortSignal.abort("enough"))).rejects.toBe("enough");
      });

      it("takes every command after its end as done", async () => {
        const { leg, caller } = await answered();
        const room = await rig.during(exchange.waitingRoom(asQueueName("support")));
        const bridge = await rig.during(exchange.createBridge(asBridgeId(`c-${randomUUID()}`)));
        await caller.hangup();
        await ended(leg);
        await rig.during(leg.answer());
        await rig.during(leg.label({ call, role: "caller" }));
        await rig.during(leg.wind(10_000));
        const playback = await rig.during(leg.play([rig.prompts.short], "en"));
        expect(await rig.during(playback.finished)).toBe("stopped");
        expect(await rig.during(room.enter(leg))).toBe(false);
        await rig.during(room.leave(leg));
        expect(await rig.during(bridge.add(leg))).toEqual([]);
        await rig.during(bridge.remove(leg));
        await rig.during(bridge.destroy());
        await rig.during(bridge.destroy());
        await rig.during(leg.hangup());
      });
    });

    describe("prompts", () => {
      it("are played to their end", async () => {
        const { leg } = await answered();
        const { short } = rig.prompts;
        const playback = await rig.during(leg.play([short, short], "en"));
        expect(await rig.during(playback.finished)).toBe("played");
        await rig.during(playback.stop());
      });

      it("stop when told, at once or later", async () => {
        const { leg } = await answered();
        const first = await rig.during(leg.play([rig.prompts.long], "en"));
        await rig.during(first.stop());
        expect(await rig.during(first.finished)).toBe("stopped");
        const second = await rig.during(leg.play([rig.prompts.long], "en"));
        await rig.during(second.stop());
        expect(await rig.during(second.finished)).toBe("stopped");
      });

      it("stop when the caller goes", async () => {
        const { leg, caller } = await answered();
        const playback = await rig.during(leg.play([rig.prompts.long], "en"));
        await caller.hangup();
        expect(await rig.during(playback.finished)).toBe("stopped");
      });

      it("fail when they do not exist", async () => {
        const { leg } = await answered();
        const playback = await rig.during(leg.play(["there-is-no-such-prompt"], "en"));
        expect(await rig.during(playback.finished)).toBe("failed");
        expect(leg.gone.aborted).toBe(false);
      });

      it("do not block what follows: a waiting room, a conversation", async () => {
        const { leg } = await answered();
        const room = await rig.during(exchange.waitingRoom(asQueueName("support")));
        const bridge = await rig.during(exchange.createBridge(asBridgeId(`c-${randomUUID()}`)));
        await rig.during(leg.play([rig.prompts.long], "en"));
        expect(await rig.during(room.enter(leg))).toBe(true);
        await rig.during(leg.play([rig.prompts.long], "en"));
        expect(await rig.during(bridge.add(leg))).toEqual([leg.id]);
        await rig.during(bridge.destroy());
      });
    });

    describe("a phone that is rung", () => {
      it("answers, and ends when its user hangs up", async () => {
        const { leg } = await answered();
        await plugIn("1001", "leave");
        const rung = dial("1001", leg);
        expect(await rig.during(rung.outcome)).toBe("answered");
        expect(rung.gone.aborted).toBe(false);
        expect((await ended(rung)).hangupCause).toBe("normal");
      });

      it("is busy, declines, or is not there", async () => {
        const { leg } = await answered();
        await plugIn("1002", "busy");
        await plugIn("1003", "decline");
        const outcomes = ["1002", "1003", "1020"].map(async (extension) => {
          const rung = dial(extension, leg);
          const outcome = await rig.during(rung.outcome);
          expect((await ended(rung)).hangupCause).toBe(outcome);
          return outcome;
        });
        expect(await Promise.all(outcomes)).toEqual(["busy", "declined", "unreachable"]);
      });

      it("stops ringing when nobody answers in time", async () => {
        const { leg } = await answered();
        const phone = await plugIn("1004", "ring");
        const rung = dial("1004", leg, 1_000);
        await rig.during(phone.ringing());
        expect(await rig.during(rung.outcome)).toBe("no_answer");
        await rig.during(phone.silenced());
      });

      it("stops ringing when we take the call back", async () => {
        const { leg } = await answered();
        const phone = await plugIn("1005", "ring");
        const rung = dial("1005", leg);
        await rig.during(phone.ringing());
        await rig.during(rung.hangup("answered_elsewhere"));
        expect(await rig.during(rung.outcome)).toBe("answered_elsewhere");
        await rig.during(phone.silenced());
        expect((await ended(rung)).hangupCause).toBe("answered_elsewhere");
      });

      it("is left alone when the call is taken back in the same moment", async () => {
        const { leg } = await answered();
        await plugIn("1006", "ring");
        const rung = dial("1006", leg);
        await rig.during(rung.hangup());
        expect(await rig.during(rung.outcome)).toBe("normal");
        await ended(rung);
      });
    });

    describe("somebody outside who is rung", () => {
      const number = "+254700000009";

      async function plugInOutside(manner: Manner) {
        const phone = await rig.plugInOutside(number, manner);
        phones.push(phone);
        return phone;
      }

      function dialOutside(role: "caller" | "agent", to = number): DialledLeg {
        return exchange.dial({
          id: asChannelId(`test-${randomUUID()}`),
          call,
          to: { number: to, trunk: "simulator", role },
          callerNumber: "+254711000001",
          callerName: "",
          originator: null,
          timeoutMs: 20_000,
        });
      }

      it.each(["caller", "agent"] as const)(
        "answers as the %s of a call, and hangs up",
        async (role) => {
          await plugInOutside("leave");
          const rung = dialOutside(role);
          expect(rung.entry).toEqual({ from: "outside", dialled: number });
          expect(await rig.during(rung.outcome)).toBe("answered");
          const found = (await rig.during(exchange.survey())).channels;
          expect(found).toMatchObject([
            { id: rung.id, call, role, extension: null, answered: true },
          ]);
          expect((await ended(rung)).hangupCause).toBe("normal");
        },
      );

      it("is busy", async () => {
        await plugInOutside("busy");
        expect(await rig.during(dialOutside("caller").outcome)).toBe("busy");
      });

      it("is not rung at all when that is no number", async () => {
        expect(await rig.during(dialOutside("caller", "1@elsewhere").outcome)).toBe("unreachable");
      });

      it("stops ringing when we take the call back, and belongs to us as long as she rings", async () => {
        const phone = await plugInOutside("ring");
        const rung = dialOutside("caller");
        await rig.during(phone.ringing());
        const find = async () => (await rig.during(exchange.survey())).channels[0];
        await eventually(async () => (await find()) !== undefined);
        const found = await find();
        expect(found).toMatchObject({ id: rung.id, call, role: "caller", answered: false });
        expect(found?.holder).not.toBeNull();
        await rig.during(rung.hangup());
        expect(await rig.during(rung.outcome)).toBe("normal");
        await rig.during(phone.silenced());
      });

      it("talks to an agent whose phone was rung for nobody yet", async () => {
        await Promise.all([plugInOutside("answer"), plugIn("1013", "answer")]);
        const agent = exchange.dial({
          id: asChannelId(`test-${randomUUID()}`),
          call,
          to: { extension: "1013" },
          callerNumber: number,
          callerName: "Asha",
          originator: null,
          timeoutMs: 20_000,
        });
        expect(await rig.during(agent.outcome)).toBe("answered");
        const customer = dialOutside("caller");
        expect(await rig.during(customer.outcome)).toBe("answered");
        const bridge = await rig.during(exchange.createBridge(asBridgeId(`c-${randomUUID()}`)));
        expect(await rig.during(bridge.add(customer, agent))).toEqual([customer.id, agent.id]);
        await rig.during(Promise.all([customer.hangup(), agent.hangup(), bridge.destroy()]));
      });
    });

    describe("a conversation", () => {
      async function conversation(extension: string) {
        const { leg, caller } = await answered();
        const phone = await plugIn(extension, "answer");
        const rung = dial(extension, leg);
        expect(await rig.during(rung.outcome)).toBe("answered");
        const bridge = await rig.during(exchange.createBridge(asBridgeId(`c-${randomUUID()}`)));
        return { leg, caller, phone, rung, bridge };
      }

      it("takes the caller out of the waiting room", async () => {
        const { leg, rung, bridge } = await conversation("1007");
        const room = await rig.during(exchange.waitingRoom(asQueueName("support")));
        expect(await rig.during(room.enter(leg))).toBe(true);
        expect(await rig.during(bridge.add(leg, rung))).toEqual([leg.id, rung.id]);
        const inventory = await exchange.inventory();
        expect([...inventory.channels].sort()).toEqual([leg.id, rung.id].sort());
        expect(inventory.bridges).toEqual([bridge.id]);
        await rig.during(bridge.remove(rung));
        await rig.during(rung.hangup());
        expect(await rig.during(room.enter(leg))).toBe(true);
        await rig.during(room.leave(leg));
        await rig.during(bridge.destroy());
      });

      it("leaves out who has gone", async () => {
        const { leg, caller, rung, bridge } = await conversation("1008");
        await caller.hangup();
        const present: readonly ChannelId[] = await rig.during(bridge.add(leg, rung));
        expect(present).toContain(rung.id);
        await ended(leg);
        expect(await rig.during(bridge.add(leg, rung))).toEqual([rung.id]);
        await rig.during(Promise.all([rung.hangup(), bridge.destroy()]));
        await ended(rung);
      });

      it("is recorded until that is stopped", async () => {
        const { leg, rung, bridge } = await conversation("1009");
        await rig.during(bridge.add(leg, rung));
        const name = `${randomUUID()}/talk`;
        const recording = await rig.during(bridge.record(name));
        const playback = await rig.during(leg.play([rig.prompts.short], "en"));
        await rig.during(playback.finished);
        await rig.during(recording.stop());
        const { durationMs, failed } = await rig.during(recording.finished);
        expect(failed).toBe(false);
        expect(durationMs).toBeGreaterThan(0);
        const bytes = await rig.during(exchange.fetchRecording(name));
        expect(new TextDecoder().decode(bytes?.subarray(0, 4))).toBe("RIFF");
        await rig.during(exchange.deleteRecording(name));
        expect(await rig.during(exchange.fetchRecording(name))).toBeNull();
        await rig.during(exchange.deleteRecording(name));
        await rig.during(Promise.all([rung.hangup(), bridge.destroy()]));
      });

      it("ends its recording when it ends itself", async () => {
        const { leg, caller, rung, bridge } = await conversation("1010");
        await rig.during(bridge.add(leg, rung));
        const name = `${randomUUID()}/talk`;
        const recording = await rig.during(bridge.record(name));
        await caller.hangup();
        await ended(leg);
        await rig.during(rung.hangup());
        await rig.during(bridge.destroy());
        expect((await rig.during(recording.finished)).failed).toBe(false);
        await rig.during(exchange.deleteRecording(name));
      });
    });

    describe("a message", () => {
      it("is recorded until the caller hangs up", async () => {
        const { leg, caller } = await answered();
        const name = `${randomUUID()}/message`;
        const limits = { maxMs: 30_000, silenceMs: 5_000 };
        const recording = await rig.during(leg.record(name, limits));
        await caller.hangup();
        expect((await rig.during(recording.finished)).failed).toBe(false);
        expect(await rig.during(exchange.fetchRecording(name))).not.toBeNull();
        await rig.during(exchange.deleteRecording(name));
      });

      it("is recorded until we stop it", async () => {
        const { leg } = await answered();
        const name = `${randomUUID()}/message`;
        const recording = await rig.during(leg.record(name, { maxMs: 30_000, silenceMs: 5_000 }));
        await rig.during(recording.stop());
        expect((await rig.during(recording.finished)).failed).toBe(false);
        expect(leg.gone.aborted).toBe(false);
        await rig.during(exchange.deleteRecording(name));
      });
    });

    describe("the native fallback", () => {
      it("takes the call out of our hands", async () => {
        const { leg, caller } = await answered();
        await rig.during(leg.label({ call, role: "caller", queue: asQueueName("support") }));
        await rig.during(leg.toFallback());
        await ended(leg);
        await caller.hangup();
      });
    });

    describe("the states of phones", () => {
      it("can be asked for at any time", async () => {
        const phone = await plugIn("1012", "answer");
        const said = async () => (await rig.during(exchange.devices())).get("1012");
        await eventually(async () => (await said()) === "idle");
        const { leg } = await answered();
        const rung = dial("1012", leg);
        expect(await rig.during(rung.outcome)).toBe("answered");
        await eventually(async () => (await said()) === "busy");
        await rig.during(exchange.recheck(rung.id));
        expect(rung.gone.aborted).toBe(false);
        await rig.during(rung.hangup());
        await eventually(async () => (await said()) === "idle");
        await phone.unplug();
      });

      it("are told as they change", async () => {
        const last = (extension: string) =>
          devices.findLast((change) => change.extension === extension)?.device;
        const phone = await plugIn("1011", "answer");
        await eventually(async () => last("1011") === "idle");
        const { leg } = await answered();
        const rung = dial("1011", leg);
        expect(await rig.during(rung.outcome)).toBe("answered");
        await eventually(async () => last("1011") === "busy");
        await rig.during(rung.hangup());
        await eventually(async () => last("1011") === "idle");
        await phone.unplug();
        await eventually(async () => last("1011") === "unreachable");
      });
    });
  });
}
