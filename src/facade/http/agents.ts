import { asAgentId } from "../../domain/ids.ts";
import type { PresenceWish } from "../../ports/desk.ts";
import type { AgentStatusInput } from "../contract/agent.ts";
import { presentAgent } from "../contract/present.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";
import { refuseWithoutCode } from "./wrap-up.ts";

type AgentDeps = Pick<FacadeDeps, "desk" | "store" | "centre" | "setPresence">;

/** Agents: what each is doing, and what she says of herself. */
export function agentHandlers(deps: AgentDeps): Some<"listAgents" | "getAgent" | "setAgentStatus"> {
  const { desk, centre, setPresence } = deps;
  const records = new Map(centre.agents.map((agent) => [agent.id, agent]));
  const recordOf = (id: string) => records.get(id) ?? null;

  return {
    async listAgents({ input }) {
      const agents = (await desk.agents())
        .map((agent) => presentAgent(agent, recordOf(agent.id)))
        .filter((agent) => input.status === undefined || agent.status === input.status)
        .sort((left, right) => (left.agent_id < right.agent_id ? -1 : 1));
      return { agents };
    },

    async getAgent({ params }) {
      const agent = await desk.agent(asAgentId(params.id));
      if (agent === null) throw new Problem("agent_unknown", "There is no such agent.");
      return presentAgent(agent, recordOf(agent.id));
    },

    async setAgentStatus({ params, input, user, log, audit }) {
      const id = asAgentId(params.id);
      if (user.role === "agent" && user.agent !== id) {
        throw new Problem("not_allowed", "Agents may change their own status only.");
      }
      const wish = wishOf(input, centre.pauseReasons);
      const before = wish.is === "available" ? await desk.agent(id) : null;
      if (before !== null) await refuseWithoutCode(before, deps);
      const agent = await setPresence(id, wish);
      if (agent === null) throw new Problem("agent_unknown", "There is no such agent.");
      log.info({ agent: id, status: input.status }, "agent status set over the API");
      if (user.agent !== id) await audit("agent_status", id, { detail: { status: input.status } });
      return { success: true, agent: presentAgent(agent, recordOf(id)) };
    },
  };
}

function wishOf(
  { status, reason }: AgentStatusInput,
  pauseReasons: readonly string[],
): PresenceWish {
  if (reason !== undefined && status !== "on_break") {
    throw badRequest("reason: goes with on_break only");
  }
  switch (status) {
    case "available":
      return { is: "available" };
    case "offline":
      return { is: "offline" };
    case "on_break":
      return pauseFor(reason ?? "break", pauseReasons);
    case "busy":
      return pauseFor("busy", pauseReasons);
    default:
      return status satisfies never;
  }
}

/** A break for this reason, if it is one of those that the centre has; where it names none, any will do. */
function pauseFor(reason: string, known: readonly string[]): PresenceWish {
  if (known.length === 0 || known.includes(reason)) return { is: "paused", reason };
  throw badRequest(`reason: must be one of ${known.join(", ")}`);
}

function badRequest(fault: string): Problem {
  return new Problem("bad_request", "One thing is wrong with the request.", { faults: [fault] });
}
