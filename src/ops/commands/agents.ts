import { Argument, Command } from "commander";
import { adminApi, currentState } from "./current.ts";

/** What people say, and how the API says it. */
const statuses = { available: "available", paused: "on_break", offline: "offline" } as const;

/** `kituo agents`: who works now. */
export function agents(): Command {
  const command = new Command("agents").description("sign agents in and out, or give them a break");
  command
    .command("set")
    .description("set an agent's status")
    .argument("<id>", "for example AGT-001")
    .addArgument(new Argument("<status>").choices(Object.keys(statuses)))
    .action(async (id: string, status: keyof typeof statuses) => {
      const ask = await adminApi(currentState());
      await ask("PATCH", `/api/agents/${encodeURIComponent(id)}/status?status=${statuses[status]}`);
      console.log(`${id} is ${status}.`);
    });
  command
    .command("list")
    .description("every agent and what each is doing")
    .option("--json", "for scripts")
    .action(async ({ json }: { json?: boolean }) => {
      const ask = await adminApi(currentState());
      const said = (await ask("GET", "/api/agents")) as { agents: Record<string, unknown>[] };
      if (json) console.log(JSON.stringify(said.agents, null, 2));
      else
        for (const { agent_id, name, extension, status } of said.agents)
          console.log([agent_id, extension, status, name].join("  "));
    });
  return command;
}
