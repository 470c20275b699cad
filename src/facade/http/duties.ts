import { asAgentId, asQueueName } from "../../domain/ids.ts";
import { abilitiesOf, skillsFrom } from "../../domain/routing/rules.ts";
import { presentAgent } from "../contract/present.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";

/** Which queues an agent serves and what she can do, changed while the server runs. */
export function dutiesHandlers({
  centre,
  clock,
  desk,
}: Pick<FacadeDeps, "centre" | "clock" | "desk">): Some<"setAgentDuties"> {
  return {
    async setAgentDuties({ params, input, audit }) {
      const id = asAgentId(params.id);
      const before = await desk.agent(id);
      if (before === null) throw new Problem("agent_unknown", "There is no such agent.");
      const { queues, skills, speaks } = input;
      const known = centre.queues.map(({ name }) => name);
      const unknown = (queues ?? []).filter((queue) => !known.includes(queue));
      if (unknown.length > 0) {
        throw new Problem("bad_request", "The agent cannot serve what does not exist.", {
          faults: unknown.map((queue) => `queues: ${queue} is not one of ${known.join(", ")}`),
        });
      }
      const record = centre.agents.find((agent) => agent.id === id) ?? null;
      const had = abilitiesOf(before, record);
      const isAble = skills !== undefined || speaks !== undefined;
      const able = { skills: skills ?? had.skills, speaks: speaks ?? had.speaks };
      const duties = {
        ...(queues === undefined ? {} : { queues: [...new Set(queues)].map(asQueueName) }),
        ...(isAble ? { skills: skillsFrom(able) } : {}),
      };
      const agent = await desk.setDuties(id, duties, clock.now());
      if (agent === null) throw new Problem("agent_unknown", "There is no such agent.");
      await audit("agent_duties", id, { detail: { agent: id, ...duties } });
      return { success: true, agent: presentAgent(agent, record) };
    },
  };
}
