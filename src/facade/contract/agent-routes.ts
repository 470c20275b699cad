import { byId, everyone, nothing, staff } from "./access.ts";
import {
  agentChangedSchema,
  agentDutiesInputSchema,
  agentListInputSchema,
  agentListSchema,
  agentSchema,
  agentStatusInputSchema,
} from "./agent.ts";
import { route } from "./route.ts";
import { wrapUpExtensionInputSchema } from "./wrap-up.ts";

/** Agents: who they are, what they do, what they are to do. */
export const agentRoutes = {
  listAgents: route({
    method: "GET",
    path: "/api/agents",
    tag: "agents",
    summary: "Agents and what each is doing",
    who: everyone,
    params: nothing,
    input: agentListInputSchema,
    reply: { kind: "json", status: 200, schema: agentListSchema },
  }),
  getAgent: route({
    method: "GET",
    path: "/api/agents/{id}",
    tag: "agents",
    summary: "One agent",
    who: everyone,
    params: byId,
    input: nothing,
    reply: { kind: "json", status: 200, schema: agentSchema },
  }),
  setAgentDuties: route({
    method: "PATCH",
    path: "/api/agents/{id}",
    tag: "agents",
    summary: "Change which queues an agent serves and what she can do, from this moment on",
    who: ["supervisor", "admin"],
    params: byId,
    input: agentDutiesInputSchema,
    inputFrom: "body",
    reply: { kind: "json", status: 200, schema: agentChangedSchema },
  }),
  setAgentStatus: route({
    method: "PATCH",
    path: "/api/agents/{id}/status",
    tag: "agents",
    summary: "Sign an agent in or out, or take a break; agents may do it for themselves only",
    who: staff,
    params: byId,
    input: agentStatusInputSchema,
    reply: { kind: "json", status: 200, schema: agentChangedSchema },
  }),
  extendWrapUp: route({
    method: "POST",
    path: "/api/agents/{id}/wrap-up/extend",
    tag: "agents",
    summary: "Take longer for after-call work; agents may do it for themselves only",
    who: staff,
    params: byId,
    input: wrapUpExtensionInputSchema,
    reply: { kind: "json", status: 200, schema: agentChangedSchema },
  }),
  endWrapUp: route({
    method: "POST",
    path: "/api/agents/{id}/wrap-up/end",
    tag: "agents",
    summary: "End after-call work early; agents may do it for themselves only",
    who: staff,
    params: byId,
    input: nothing,
    reply: { kind: "json", status: 200, schema: agentChangedSchema },
  }),
};
