import { randomBytes } from "node:crypto";
import type { CallEvent, CallFact } from "../../../src/domain/call-fact.ts";
import {
  asAgentId,
  asBridgeId,
  asChannelId,
  asQueueName,
  type CallId,
  callIdFrom,
} from "../../../src/domain/ids.ts";
import type { NewTicket } from "../../../src/ports/store.ts";

export const DAY = Date.UTC(2026, 10, 20, 8, 0, 0);
export const newCall = (): CallId => callIdFrom(randomBytes(8));

/** A call that walked the menu, waited, was missed once, and talked: every type of fact but the voicemail's. */
export function historyOf(
  id: CallId,
  at = DAY,
  change: { caller?: string; queue?: string } = {},
): CallEvent[] {
  const queue = asQueueName(change.queue ?? "support");
  const [first, second] = [asAgentId("AGT-001"), asAgentId("AGT-002")];
  const channel = asChannelId("channel-1");
  const facts: CallFact[] = [
    {
      type: "started",
      direction: "inbound",
      caller: change.caller ?? "+254711000001",
      callerName: "Zawadi “Z” O'Neil",
      dialled: "+254711000000",
      channel,
    },
    { type: "answered" },
    { type: "language_chosen", language: "sw" },
    { type: "menu_entered", menu: "main", prompts: ["welcome", "menu-main"] },
    { type: "key_pressed", menu: "main", key: "2" },
    { type: "queued", queue, priority: 0 },
    { type: "position_told", queue, position: 1 },
    { type: "offered", agent: first, extension: "1001", queue, reasons: ["idle longest"] },
    { type: "offer_ended", agent: first, outcome: "no_answer" },
    { type: "offered", agent: second, extension: "1002", reasons: [] },
    { type: "offer_ended", agent: second, outcome: "answered" },
    {
      type: "connected",
      agent: second,
      extension: "1002",
      bridge: asBridgeId("bridge-1"),
      channel: asChannelId("channel-2"),
    },
    { type: "recording_started", recording: "r-1" },
    { type: "recording_ended", recording: "r-1", durationMs: 61_250 },
    { type: "ended", ending: { result: "completed", reason: "talked", by: "caller" } },
  ];
  return facts.map((fact, index) => ({
    ...fact,
    call: id,
    seq: index + 1,
    at: at + index * 1_000,
  }));
}

export const ticketFor = (call: CallId | null, source = "abandoned"): NewTicket => ({
  subject: "Call back",
  description: "Hung up after 40 s",
  priority: "medium",
  department: "support",
  assignee: null,
  customerName: "Zawadi",
  customerPhone: "+254711000001",
  call,
  recording: source === "voicemail" && call !== null ? `${call}/message` : null,
  source,
});
