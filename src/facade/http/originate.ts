import { type AgentId, asAgentId } from "../../domain/ids.ts";
import { presentCall } from "../contract/present.ts";
import type { Routes } from "../contract/routes.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Asked, Some } from "./handler.ts";
import { Problem } from "./problems.ts";
import type { SignedIn } from "./token.ts";

type Asking = Pick<Asked<Routes["originateCall"]>, "input" | "user" | "audit">;

/** Calls from us to somebody: one way, whatever address it was asked for at. */
export function originateHandlers({
  originate,
}: Pick<FacadeDeps, "originate">): Some<"originateCall" | "initiateCall"> {
  async function order({ input, user, audit }: Asking) {
    const { phone_number: number, customer_name: name = "", department = null, retries } = input;
    const agent = agentFor(input.agent_id, department, user);
    const by = user.username;
    const state = await originate({ number, name, department, agent, tries: retries + 1, by });
    await audit("call_ordered", state.id, { detail: { agent, department } });
    return { success: true as const, call_id: state.id, call: presentCall(state) };
  }
  return { originateCall: order, initiateCall: order };
}

/** Whose telephone rings first: who is named, else who asks; nobody in particular, where a department is asked for. */
function agentFor(
  named: string | undefined,
  department: string | null,
  user: SignedIn,
): AgentId | null {
  if (named !== undefined && user.role === "agent" && named !== user.agent)
    throw new Problem("not_allowed", "Agents may order calls for themselves only.");
  if (named !== undefined) return asAgentId(named);
  return department === null ? user.agent : null;
}
