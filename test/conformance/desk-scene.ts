import { begin, type CallState } from "../../src/domain/call.ts";
import { asAgentId, asCallId, asChannelId, asQueueName } from "../../src/domain/ids.ts";
import type { KeptPlace } from "../../src/domain/queue.ts";
import type { Desk } from "../../src/ports/desk.ts";

/** One desk as two processes see it, and the way to give it back. In memory both are the same object. */
export interface OpenedDesk {
  readonly desk: Desk;
  /** Whose `desk` is. */
  readonly owner: string;
  readonly other: Desk;
  close(): Promise<void>;
}

export const t0 = 1_763_700_000_000;
export const amina = asAgentId("AGT-001");
export const juma = asAgentId("AGT-002");
export const support = asQueueName("support");
export const sales = asQueueName("sales");
export const first = asCallId("CALL-00000001");
export const second = asCallId("CALL-00000002");
export const roster = [
  { id: amina, extension: "1001", queues: [support, sales] },
  { id: juma, extension: "1002", queues: [] },
];

/** A caller as she joins. */
export function waiting(call = first, enteredAt = t0) {
  return { call, queue: support, priority: 5, language: null, enteredAt, owner: "kituo-a" };
}

/** The place of a caller who was cut off in `support`. */
export function keptPlace(enteredAt: number, until: number, more: Partial<KeptPlace> = {}) {
  const about = { queue: support, caller: "+254700000001", asked: { priority: 5 }, overflowed: [] };
  return { ...about, enteredAt, until, ...more };
}

/** The state of a live call that has just begun. */
export function callState(id = first): CallState {
  return begin({
    type: "started",
    call: id,
    seq: 1,
    at: t0,
    direction: "inbound",
    caller: "+254700000001",
    callerName: "Mgeni é ☎",
    dialled: "100",
    channel: asChannelId("channel-1"),
  });
}
