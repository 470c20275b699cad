import type { Agent } from "../domain/agent.ts";
import type { Leg } from "../ports/telephony.ts";
import type { Deps } from "./deps.ts";
import { inScope } from "./scope.ts";

/** What an agent can dial on her own phone, and what it does. */
const codes: Readonly<Record<string, (agent: Agent) => { wish: Wish; prompt: string }>> = {
  "*45": (agent) =>
    agent.presence.is === "offline"
      ? { wish: { is: "available" }, prompt: "signed-in" }
      : { wish: { is: "offline" }, prompt: "signed-out" },
  "*46": (agent) =>
    agent.presence.is === "paused"
      ? { wish: { is: "available" }, prompt: "resumed" }
      : { wish: { is: "paused", reason: "feature_code" }, prompt: "paused" },
};
type Wish =
  | { readonly is: "offline" }
  | { readonly is: "available" }
  | { readonly is: "paused"; readonly reason: string };

export function isFeatureCode(dialled: string): boolean {
  return dialled.startsWith("*");
}

/** *45 signs in or out, *46 pauses or resumes; the agent is told what it came to. No call is logged for it. */
export async function featureCode(leg: Leg, deps: Deps): Promise<void> {
  const { entry } = leg;
  try {
    await inScope(deps, { endsWith: [leg.gone] }, async (scope) => {
      await scope.wait(leg.answer());
      const prompt =
        entry.from === "extension" ? await obey(entry.extension, entry.dialled, deps) : "error";
      const language = deps.centre.languages[0] ?? "en";
      const playing = leg.play([prompt], language);
      const playback = await scope.acquire("stop prompt", playing, (started) => started.stop());
      await scope.wait(playback.finished);
    });
  } finally {
    await leg.hangup();
  }
}

async function obey(extension: string, dialled: string, deps: Deps): Promise<string> {
  const code = codes[dialled];
  if (code === undefined) return "unknown-extension";
  const agent = await deps.desk.agentByExtension(extension);
  if (agent === null) return "not-an-agent";
  const { wish, prompt } = code(agent);
  await deps.desk.setPresence(agent.id, wish, deps.clock.now());
  return prompt;
}
