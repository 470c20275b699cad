import type { z } from "zod";
import { asAgentId, asCallId } from "../../domain/ids.ts";
import type { TicketChange } from "../../domain/ticket.ts";
import type { ticketChangeInputSchema } from "../contract/ticket.ts";
import type { FacadeDeps } from "./deps.ts";
import { Problem } from "./problems.ts";

/** A change as clients write it, as the store takes it. */
export function changeOf(
  input: z.output<typeof ticketChangeInputSchema>,
  by: string,
): TicketChange {
  const { status, priority, department, assigned_to, due_at, tags, add_tags, remove_tags } = input;
  const { notes, note_visibility: visibility = "private" } = input;
  return {
    by,
    ...(status === undefined ? {} : { status }),
    ...(priority === undefined ? {} : { priority }),
    ...(department === undefined ? {} : { department }),
    ...(assigned_to === undefined
      ? {}
      : { assignee: assigned_to === "" ? null : asAgentId(assigned_to) }),
    ...(due_at === undefined ? {} : { dueAt: due_at }),
    ...(tags === undefined ? {} : { tags }),
    ...(add_tags === undefined ? {} : { addTags: add_tags }),
    ...(remove_tags === undefined ? {} : { removeTags: remove_tags }),
    ...(notes === undefined ? {} : { note: { text: notes, visibility } }),
  };
}

/** Refuses a ticket that names a department, an agent or a call that does not exist. */
export async function checkReferences(
  deps: Pick<FacadeDeps, "desk" | "store" | "centre">,
  names: {
    readonly department?: string | undefined;
    readonly assigned_to?: string | undefined;
    readonly call_id?: string | undefined;
  },
): Promise<void> {
  const { department, assigned_to, call_id } = names;
  const { queues, agents } = deps.centre;
  const faults: string[] = [];
  if (department !== undefined && !queues.some((queue) => queue.name === department)) {
    faults.push(`department: must be one of ${queues.map((queue) => queue.name).join(", ")}`);
  }
  if (
    assigned_to !== undefined &&
    assigned_to !== "" &&
    !agents.some(({ id }) => id === assigned_to)
  ) {
    faults.push("assigned_to: there is no such agent");
  }
  if (call_id !== undefined) {
    const [live, log] = await Promise.all([
      deps.desk.liveCall(asCallId(call_id)),
      deps.store.calls.get(asCallId(call_id)),
    ]);
    if (live === null && log === null) faults.push("call_id: there is no such call");
  }
  if (faults.length > 0) {
    throw new Problem("bad_request", "The ticket names what does not exist.", { faults });
  }
}
