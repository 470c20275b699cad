import type { CallState } from "../../domain/call.ts";
import { asAgentId, asCallId, asQueueName, type QueueName } from "../../domain/ids.ts";
import type { Order } from "../../domain/order.ts";
import { telephoneOf } from "../../flows/colleague.ts";
import { isOpen } from "../../flows/opening.ts";
import type { Audit } from "./audit.ts";
import { findCall } from "./calls.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";
import type { SignedIn } from "./token.ts";

type ControlDeps = Pick<FacadeDeps, "centre" | "clock" | "desk" | "store" | "orderCall">;

/** What can be asked of a live call: that it ends, or goes elsewhere. */
export function callControlHandlers(
  deps: ControlDeps,
): Some<"endCall" | "setCallStatus" | "routeCall" | "transferCall"> {
  /** Gives the order, when who asks may, and the call can take it. */
  async function give(state: CallState, order: Order, audit: Audit) {
    const against = await deps.orderCall(state.id, order);
    if (against === "gone") throw new Problem("call_gone", `${state.id} has ended.`);
    if (against !== null)
      throw new Problem("illegal_transition", `This cannot be done: ${against.refused}.`);
    const to = order.do === "move" ? order : null;
    const detail = to === null ? {} : { department: to.queue, agent: to.agent };
    await audit(to === null ? "call_ended" : "call_moved", state.id, { detail });
    return {
      success: true as const,
      call_id: state.id,
      department: to?.queue ?? null,
      agent_id: to?.agent ?? null,
    };
  }

  return {
    async endCall({ params, user, audit }) {
      const state = await callOf(params.id, user, deps);
      return await give(state, { do: "end", by: user.username }, audit);
    },

    async setCallStatus({ params, input, user, audit }) {
      const state = await callOf(params.id, user, deps);
      const { stage, queue } = state;
      const by = user.username;
      if (input.status === stage)
        return { success: true, call_id: state.id, department: queue, agent_id: state.agent };
      if (input.status === "ended") return await give(state, { do: "end", by }, audit);
      if (input.status === "queued" && queue !== null)
        return await give(state, { do: "move", how: "routed", queue, agent: null, by }, audit);
      const may = queue === null ? "ended" : "ended or queued";
      throw new Problem(
        "illegal_transition",
        `A call that is ${stage} cannot be made ${input.status}; it can be made ${may}. All else comes of what people do.`,
      );
    },

    async routeCall({ params, input, user, audit }) {
      const state = await callOf(params.id, user, deps);
      const queue = await openQueue(input.department, "department", deps);
      const by = user.username;
      return await give(state, { do: "move", how: "routed", queue, agent: null, by }, audit);
    },

    async transferCall({ params, input, user, audit }) {
      const state = await callOf(params.id, user, deps);
      const { target_department: department, agent_id } = input;
      const agent = agent_id === undefined ? null : await freeAgent(agent_id, state, deps);
      const name = department ?? queueFor(state, agent_id, deps);
      const queue = await openQueue(name, "target_department", deps);
      const by = user.username;
      return await give(state, { do: "move", how: "transferred", queue, agent, by }, audit);
    },
  };
}

/** The live call of this id; an agent has to do only with those that she is offered or talks in. */
async function callOf(id: string, user: SignedIn, deps: ControlDeps): Promise<CallState> {
  const { state } = await findCall(deps, asCallId(id));
  if (user.role === "agent" && (user.agent === null || state.agent !== user.agent))
    throw new Problem("not_allowed", "Agents may do this with the calls only that they are in.");
  if (state.stage === "ended") throw new Problem("call_gone", `${state.id} has ended.`);
  return state;
}

/** A queue that takes calls now. */
async function openQueue(name: string, field: string, deps: ControlDeps): Promise<QueueName> {
  const settings = deps.centre.queues.find((queue) => queue.name === name);
  if (settings === undefined) {
    const names = deps.centre.queues.map((queue) => queue.name).join(", ");
    throw new Problem("bad_request", "There is no such department.", {
      faults: [`${field}: must be one of ${names}`],
    });
  }
  if (!(await isOpen(settings, deps))) throw new Problem("conflict", `${name} is closed now.`);
  return asQueueName(name);
}

/** An agent who can be rung now. */
async function freeAgent(id: string, state: CallState, { desk }: ControlDeps) {
  if (id === state.agent) throw new Problem("agent_busy", `${id} has this call already.`);
  return (await telephoneOf(asAgentId(id), "agent_id", { desk })).id;
}

/** Where the caller waits if that agent does not answer: in her own queue, else in one that the agent serves. */
function queueFor(state: CallState, agent: string | undefined, { centre }: ControlDeps): string {
  const serves = centre.agents.find(({ id }) => id === agent)?.queues ?? [];
  return state.queue ?? serves[0] ?? centre.queues[0]?.name ?? "";
}
