import { afterEach, describe, expect, it } from "vitest";
import type { DeviceChange } from "../../src/ports/telephony.ts";
import {
  type AmiClient,
  type AmiClientOptions,
  createAmiClient,
} from "../../src/telephony/ami/client.ts";
import { createDeviceWatch, deviceFrom } from "../../src/telephony/ami/devices.ts";
import {
  type AmiMessage,
  AmiParser,
  encodeAction,
  valueOf,
} from "../../src/telephony/ami/message.ts";
import { type Action, type AmiServer, block, startAmiServer } from "./ami-server.ts";
import { quietLog } from "./log.ts";

const owned: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of owned.splice(0).reverse()) await each.close();
});

async function server(): Promise<AmiServer> {
  const made = await startAmiServer();
  owned.push({ close: () => made.stop() });
  return made;
}

function client(port: number, options: Partial<AmiClientOptions> = {}): AmiClient {
  const created = createAmiClient({
    host: "127.0.0.1",
    port,
    user: "kituo",
    password: "secret",
    log: quietLog,
    events: ["DeviceStateChange"],
    onEvent: () => undefined,
    onReady: () => Promise.resolve(),
    reconnectMs: { least: 5, most: 20 },
    ...options,
  });
  owned.push(created);
  return created;
}

const idOf = (action: Action): string => `ActionID: ${action.get("ActionID")}`;

describe("messages of AMI", () => {
  it("refuse line breaks, which would begin an action of their own", () => {
    for (const value of ["x\r\n\r\nAction: Command", "x\ny", "x\ry", "x\0y"]) {
      expect(() => encodeAction("Ping", "1", { Value: value })).toThrowError(/line break/);
      expect(() => encodeAction("Ping", value, {})).toThrowError(/line break/);
    }
    expect(() => encodeAction("Ping", "1", { "A: b\r\nC": "d" })).toThrowError(/name/);
    expect(encodeAction("Ping", "1", { Value: "a: b" })).toBe(
      "Action: Ping\r\nActionID: 1\r\nValue: a: b\r\n\r\n",
    );
  });

  it("are cut out of the stream wherever it was split", () => {
    const stream = `Asterisk Call Manager/11.0.0\r\n${block("Event: A", "Text: x: y", "Text: second")}\r\n${block("Event: B", "Empty:")}`;
    const parser = new AmiParser();
    const messages: AmiMessage[] = [];
    for (const character of stream) messages.push(...parser.push(character));
    expect(messages.map((message) => [...message])).toEqual([
      [
        ["event", "A"],
        ["text", "x: y"],
      ],
      [
        ["event", "B"],
        ["empty", ""],
      ],
    ]);
  });

  it("are not read from somebody who is not Asterisk, nor without end", () => {
    expect(() => new AmiParser().push("HTTP/1.1 400 Bad Request\r\n\r\n")).toThrowError(/Asterisk/);
    const parser = new AmiParser();
    parser.push("Asterisk Call Manager/11.0.0\r\n");
    expect(() => parser.push("x".repeat(2_000_000))).toThrowError(/too long/);
  });
});

describe("the AMI client", () => {
  it("tells apart the answers to many actions at once, in any order", async () => {
    const ami = await server();
    const held: Action[] = [];
    ami.onAction = (action) => {
      held.push(action);
      if (held.length < 5) return null;
      return held
        .reverse()
        .map((each) => block("Response: Success", idOf(each), `Echo: ${each.get("Value")}`))
        .join("");
    };
    const made = client(ami.port);
    await made.start();
    const values = ["a", "b", "c", "d", "e"];
    const answers = await Promise.all(values.map((Value) => made.act("Echo", { Value })));
    expect(answers.map((answer) => valueOf(answer, "echo"))).toEqual(values);
  });

  it("collects a list and leaves other events to their handler", async () => {
    const ami = await server();
    const events: string[] = [];
    ami.onAction = (action) =>
      block("Response: Success", idOf(action), "EventList: start") +
      block("Event: Entry", idOf(action), "Name: one") +
      block("Event: DeviceStateChange", "Device: PJSIP/1001", "State: BUSY") +
      block("Event: Entry", idOf(action), "Name: two") +
      block("Event: Done", idOf(action), "EventList: Complete");
    const made = client(ami.port, { onEvent: (event) => events.push(valueOf(event, "device")) });
    await made.start();
    const entries = await made.list("Entries");
    expect(entries.map((entry) => valueOf(entry, "name"))).toEqual(["one", "two"]);
    expect(events).toEqual(["PJSIP/1001"]);
  });

  it("rejects an action that is refused, not answered, or cut off", async () => {
    const ami = await server();
    const made = client(ami.port, { actionDeadlineMs: 300 });
    await made.start();
    ami.onAction = (action) => block("Response: Error", idOf(action), "Message: no");
    await expect(made.act("Reload")).rejects.toMatchObject({ code: "telephony_down" });
    ami.onAction = () => null;
    await expect(made.act("Reload")).rejects.toThrowError(/did not answer/);
    ami.onAction = () => {
      ami.cut();
      return null;
    };
    await expect(made.act("Reload")).rejects.toThrowError(/lost/);
    await expect(made.act("Reload", { Module: "x\r\nAction: Logoff" })).rejects.toThrowError();
    expect(ami.blocks.join("\n")).not.toContain("Logoff");
  });

  it("connects again by itself and makes its state anew", async () => {
    const ami = await server();
    let ready = 0;
    const made = client(ami.port, { onReady: async () => void (ready += 1) });
    await made.start();
    expect(made.up).toBe(true);
    ami.cut();
    await expect.poll(() => ready).toBe(2);
    await expect.poll(() => made.up).toBe(true);
  });

  it("connects again when a ping is not answered", async () => {
    const ami = await server();
    let ready = 0;
    const made = client(ami.port, {
      onReady: async () => void (ready += 1),
      pingEveryMs: 10,
      // The sign-in has no longer either.
      actionDeadlineMs: 300,
    });
    ami.onAction = () => null;
    await made.start();
    await expect.poll(() => ready).toBeGreaterThan(1);
  });
});

describe("the states of phones", () => {
  it("are Asterisk's own in our words", () => {
    expect(
      ["NOT_INUSE", "RINGING", "INUSE", "RINGINUSE", "ONHOLD", "BUSY"].map(deviceFrom),
    ).toEqual(["idle", "ringing", "busy", "busy", "busy", "busy"]);
    for (const state of ["UNAVAILABLE", "INVALID", "UNKNOWN", "", "NEWS"]) {
      expect(deviceFrom(state)).toBe("unreachable");
    }
  });

  it("are told once each at the start, then each change, and what was missed after a lost connection", async () => {
    const ami = await server();
    let state1001 = "NOT_INUSE";
    ami.onAction = (action) => {
      if (action.get("Action") !== "DeviceStateList")
        return block("Response: Success", idOf(action));
      return (
        block("Response: Success", idOf(action), "EventList: start") +
        block(
          "Event: DeviceStateChange",
          idOf(action),
          "Device: PJSIP/1001",
          `State: ${state1001}`,
        ) +
        block("Event: DeviceStateChange", idOf(action), "Device: Queue:sales", "State: INUSE") +
        block("Event: DeviceStateListComplete", idOf(action), "EventList: Complete")
      );
    };
    const changes: DeviceChange[] = [];
    const told: string[] = [];
    const watch = createDeviceWatch({
      host: "127.0.0.1",
      port: ami.port,
      user: "kituo",
      password: "secret",
      log: quietLog,
      onHangup: (channel, cause) => told.push(`${channel} ${cause}`),
      onUserEvent: (name) => told.push(name),
    });
    owned.push({ close: () => watch.stop() });
    watch.onDevice((change) => changes.push(change));
    await watch.start();
    expect(changes).toHaveLength(20);
    expect(changes[0]).toEqual({ extension: "1001", device: "idle" });
    expect(changes.slice(1).every((change) => change.device === "unreachable")).toBe(true);

    const change = (device: string, state: string) =>
      block("Event: DeviceStateChange", `Device: ${device}`, `State: ${state}`);
    ami.send(
      change("PJSIP/1002", "RINGING") +
        change("PJSIP/9999", "BUSY") +
        change("PJSIP/1002", "RINGING"),
    );
    await expect.poll(() => changes.length).toBe(21);
    expect(changes[20]).toEqual({ extension: "1002", device: "ringing" });

    ami.send(
      block("Event: Hangup", "Channel: PJSIP/1001-1", "Uniqueid: agent", "Cause: 17") +
        block("Event: UserEvent", "UserEvent: KituoNative"),
    );
    await expect.poll(() => told).toEqual(["agent 17", "KituoNative"]);

    // Whoever has hung up counts as idle before Asterisk says so, which is not told twice.
    const said = (): DeviceChange[] => changes.splice(0);
    said();
    ami.send(change("PJSIP/1001", "BUSY"));
    await expect.poll(said).toEqual([{ extension: "1001", device: "busy" }]);
    watch.presumeIdle("1001");
    expect(said()).toEqual([{ extension: "1001", device: "idle" }]);
    ami.send(change("PJSIP/1001", "NOT_INUSE") + change("PJSIP/1001", "BUSY"));
    await expect.poll(said).toEqual([{ extension: "1001", device: "busy" }]);
    // Where it never says so, she does not stay idle.
    watch.presumeIdle("1001");
    expect(said()).toEqual([{ extension: "1001", device: "idle" }]);
    await expect.poll(said).toEqual([{ extension: "1001", device: "busy" }]);
    // What is not busy cannot have been hung up.
    watch.presumeIdle("1002");
    expect(said()).toEqual([]);

    state1001 = "UNAVAILABLE";
    ami.cut();
    await expect.poll(() => changes.length).toBe(2);
    expect(said()).toEqual([
      { extension: "1001", device: "unreachable" },
      { extension: "1002", device: "unreachable" },
    ]);
  });
});
