import type { Agent } from "../../domain/agent.ts";
import type { CallState } from "../../domain/call.ts";
import type { QueueSettings } from "../../domain/centre.ts";
import { type AgentId, asAgentId, asCallId, type CallId } from "../../domain/ids.ts";
import { presentAgent, presentWrapUp } from "../contract/present.ts";
import { findCall } from "./calls.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";
import type { SignedIn } from "./token.ts";

type WrapUpDeps = Pick<FacadeDeps, "centre" | "clock" | "desk" | "store">;

/** After-call work, and what came of conversations. */
export function wrapUpHandlers(
  deps: WrapUpDeps,
): Some<"extendWrapUp" | "endWrapUp" | "setWrapUpCode" | "getWrapUpCodes"> {
  const { centre, clock, desk, store } = deps;
  const recordOf = (id: AgentId) => centre.agents.find((agent) => agent.id === id) ?? null;

  return {
    async extendWrapUp({ params, input, user, log, audit }) {
      const id = herself(params.id, user);
      const { wrapUpMaxMs } = centre.routing;
      const agent = await desk.extendWrapUp(id, input.seconds * 1_000, wrapUpMaxMs, clock.now());
      if (agent === null) throw notInWrapUp(await desk.agent(id));
      log.info({ agent: id, seconds: input.seconds }, "after-call work was extended");
      if (user.agent !== id) await audit("agent_wrap_up", id, { detail: { ...input } });
      return { success: true, agent: presentAgent(agent, recordOf(id)) };
    },

    async endWrapUp({ params, user, log, audit }) {
      const id = herself(params.id, user);
      const before = await desk.agent(id);
      if (before?.presence.is !== "after_call") throw notInWrapUp(before);
      await refuseWithoutCode(before, deps);
      const ended = await desk.endWrapUp(id, clock.now(), before.presence.until);
      const agent = await desk.agent(id);
      if (!ended || agent === null) throw notInWrapUp(agent);
      log.info({ agent: id }, "after-call work was ended early");
      if (user.agent !== id) await audit("agent_wrap_up", id, { detail: { ended: true } });
      return { success: true, agent: presentAgent(agent, recordOf(id)) };
    },

    async setWrapUpCode({ params, input, user, log }) {
      const { state } = await findCall(deps, asCallId(params.id));
      const agent = await whose(state, user, desk);
      const { wrapUpCodes = [] } = queueOf(state, deps) ?? {};
      const known = wrapUpCodes.find(({ code }) => code === input.code);
      if (known === undefined) {
        const codes = wrapUpCodes.map(({ code }) => code).join(", ");
        const fault = codes === "" ? "its queue has no wrap-up codes" : `must be one of ${codes}`;
        throw new Problem("bad_request", "The call's queue has no such wrap-up code.", {
          faults: [`code: ${fault}`],
        });
      }
      const { code, title } = known;
      const at = clock.now();
      const note = input.note ?? "";
      const wrapUp = { call: state.id, agent, code, note, author: user.username, at };
      await store.wrapUps.save(wrapUp);
      log.info({ call: state.id, agent, code }, "a wrap-up code was set");
      return { success: true, call_id: state.id, wrap_up: presentWrapUp(wrapUp, title) };
    },

    async getWrapUpCodes({ params }) {
      const queue = centre.queues.find(({ name }) => name === params.name);
      if (queue === undefined) throw new Problem("not_found", "There is no such queue.");
      const { name, wrapUpCodes, wrapUpRequired } = queue;
      return { queue: name, required: wrapUpRequired, codes: wrapUpCodes };
    },
  };
}

/**
 * Refuses to end the after-call work of an agent who has not said what came of the call, where its queue requires that.
 * The end of its time is never kept from coming.
 */
export async function refuseWithoutCode(
  { id, presence }: Agent,
  deps: Pick<FacadeDeps, "centre" | "desk" | "store">,
): Promise<void> {
  if (presence.is !== "after_call") return;
  if (!deps.centre.queues.some((queue) => queue.wrapUpRequired)) return;
  const state = await stateOf(presence.call, deps);
  const queue = state === null ? null : queueOf(state, deps);
  if (queue === null || !queue.wrapUpRequired) return;
  const said = await deps.store.wrapUps.ofCall(presence.call);
  if (said.some(({ agent }) => agent === id)) return;
  const codes = queue.wrapUpCodes.map(({ code }) => code).join(", ");
  throw new Problem("illegal_transition", `${presence.call} has no wrap-up code yet.`, {
    faults: [`POST /api/calls/${presence.call}/wrap-up with one of ${codes}`],
  });
}

/** The call as far as anybody knows it; a store that lags behind must not keep an agent from working. */
async function stateOf(
  call: CallId,
  { desk, store }: Pick<FacadeDeps, "desk" | "store">,
): Promise<CallState | null> {
  return (await desk.liveCall(call))?.state ?? (await store.calls.state(call));
}

function queueOf(
  { queue }: CallState,
  { centre }: Pick<FacadeDeps, "centre">,
): QueueSettings | null {
  return centre.queues.find(({ name }) => name === queue) ?? null;
}

/**
 * Whose conversation a code is for: her own for an agent, who says it while she talks or works after it; that of
 * whoever talked last for her supervisors, who may say it later.
 */
async function whose(
  { id, agent, connectedAt }: CallState,
  user: SignedIn,
  desk: FacadeDeps["desk"],
): Promise<AgentId> {
  if (user.role !== "agent") {
    if (agent !== null && connectedAt !== null) return agent;
    throw new Problem("illegal_transition", "Nobody has talked in this call.");
  }
  const self = user.agent === null ? null : await desk.agent(user.agent);
  const isTalking = self?.activity.is === "talking" && self.activity.call === id;
  const isAfter = self?.presence.is === "after_call" && self.presence.call === id;
  if (self !== null && (isTalking || isAfter)) return self.id;
  throw new Problem(
    "not_allowed",
    "Agents may say what came of their own call only, during it or in the after-call work.",
  );
}

function herself(id: string, user: SignedIn): AgentId {
  if (user.role !== "agent" || user.agent === id) return asAgentId(id);
  throw new Problem("not_allowed", "Agents may change their own after-call work only.");
}

function notInWrapUp(agent: Agent | null): Problem {
  if (agent === null) return new Problem("agent_unknown", "There is no such agent.");
  return new Problem("illegal_transition", `${agent.id} is not in after-call work.`);
}
