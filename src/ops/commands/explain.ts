import { Command } from "commander";
import type { WireRouting } from "../../facade/contract/routing.ts";
import { adminApi, currentState, serverAt } from "./current.ts";

/** `kituo explain --call ID`: why a call went to whom, in sentences. */
export function explain(): Command {
  return new Command("explain")
    .description("why a call went to whom: every agent it was offered to, and the reasons")
    .requiredOption("--call <id>", "the call, for example CALL-0A1B2C3D")
    .option("--url <address>", "a server that `up` did not start")
    .action(async ({ call, url }: { readonly call: string; readonly url?: string }) => {
      const ask = await adminApi(url === undefined ? currentState() : serverAt(url));
      const path = `/api/calls/${encodeURIComponent(call)}/routing`;
      console.log(told((await ask("GET", path)) as WireRouting));
    });
}

function told({ call_id, queue, queued_at, decisions }: WireRouting): string {
  const waited = queued_at === null ? "never waited" : `has waited in ${queue} since ${queued_at}`;
  if (decisions.length === 0) return `${call_id} ${waited}; it was offered to nobody.`;
  return [
    `${call_id} ${waited}.`,
    ...decisions.flatMap(({ at, agent_id, extension, reasons, outcome, ended_at }) => [
      "",
      `${at}  ${agent_id} at ${extension}: ${outcome === null ? "rings" : `${outcome} at ${ended_at}`}`,
      ...reasons.map((reason) => `  - ${reason}`),
    ]),
  ].join("\n");
}
