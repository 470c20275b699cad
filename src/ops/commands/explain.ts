import { Command } from "commander";
import type { WireRouting } from "../../facade/contract/routing.ts";
import { adminApi, currentState, serverAt } from "./current.ts";

/** `kituo explain --call ID`: why a call went to whom, or to nobody yet, in sentences. */
export function explain(): Command {
  return new Command("explain")
    .description(
      "why a call went to whom, or waits: every agent it was offered to, and the reasons",
    )
    .requiredOption("--call <id>", "the call, for example CALL-A1B2C3D4E5F60718")
    .option("--url <address>", "a server that `up` did not start")
    .action(async ({ call, url }: { readonly call: string; readonly url?: string }) => {
      const ask = await adminApi(url === undefined ? currentState() : serverAt(url));
      const path = `/api/calls/${encodeURIComponent(call)}/routing`;
      console.log(told((await ask("GET", path)) as WireRouting));
    });
}

function told({ call_id, queue, queued_at, decisions, waiting }: WireRouting): string {
  const waited = queued_at === null ? "never waited" : `has waited in ${queue} since ${queued_at}`;
  return [
    `${call_id} ${waited}${decisions.length === 0 ? "; it was offered to nobody" : ""}.`,
    ...decisions.flatMap(({ at, agent_id, extension, reasons, outcome, ended_at }) => [
      "",
      `${at}  ${agent_id} at ${extension}: ${outcome === null ? "rings" : `${outcome} at ${ended_at}`}`,
      ...reasons.map((reason) => `  - ${reason}`),
    ]),
    ...(waiting === null ? [] : ["", ...toldOfWait(queue, waiting)]),
  ].join("\n");
}

function toldOfWait(
  queue: string | null,
  { position, agents }: NonNullable<WireRouting["waiting"]>,
): readonly string[] {
  if (agents.length === 0) return [`It is number ${position} in ${queue}, which no agent serves.`];
  return [
    `It is number ${position} in ${queue} now. Of its agents`,
    ...agents.map(({ agent_id, extension, reasons, calls_before }) => {
      const comes =
        calls_before === 1
          ? "1 call of her queues comes"
          : `${calls_before} calls of her queues come`;
      const before = calls_before === 0 ? "" : `; ${comes} before it`;
      return `  - ${agent_id} at ${extension} ${reasons.join(", and ")}${before}`;
    }),
  ];
}
