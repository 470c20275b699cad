import { Command } from "commander";
import type { Health as WireHealth } from "../../facade/contract/session.ts";
import { opsEnvironment } from "../environment.ts";
import { readState } from "../state.ts";

/** `kituo status`: what is up and where. Exit status 3 when nothing is. */
export function status(): Command {
  return new Command("status")
    .description("what is up: addresses, ports, process ids, where the secrets are")
    .option("--json", "for scripts")
    .action(async ({ json }: { json?: boolean }) => {
      const { varFolder } = opsEnvironment();
      const state = readState(varFolder);
      if (state === null) {
        process.exitCode = 3;
        console.log(json ? JSON.stringify({ up: false }) : `Kituo is not up in ${varFolder}.`);
        return;
      }
      const health = await healthOf(state.url);
      if (json) {
        console.log(JSON.stringify({ up: true, ...state, health }, null, 2));
        return;
      }
      const { ports, pids, files } = state;
      const rows: [string, string][] = [
        ["pages and API", state.url],
        ["health", healthLine(health)],
        ["phones register at", `${state.sip.host}:${state.sip.port}`],
        ["Asterisk", `${state.asterisk.version}, ARI ${ports.ari}, AMI ${ports.ami}`],
        ["Redis", ports.redis === null ? "named by REDIS_URL" : `port ${ports.redis}`],
        [
          "processes",
          [["keeper", state.keeper.pid], ...Object.entries(pids)]
            .map((pair) => pair.join(" "))
            .join(", "),
        ],
        ["secrets", files.secrets],
        ["recordings", files.recordings],
        ["logs", Object.values(files.logs).join(" ")],
        ["since", state.startedAt],
      ];
      for (const [name, value] of rows) console.log(`${name.padEnd(20)} ${value}`);
    });
}

async function healthOf(url: string): Promise<Health> {
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(3_000) });
    return (await answer.json()) as Health;
  } catch {
    // Whatever keeps it from answering, it is not healthy; the log tells why.
    return { status: "down" };
  }
}

/** What a server says of itself; without parts when it says nothing. */
type Health = Pick<WireHealth, "status"> & Partial<Pick<WireHealth, "parts">>;

/** `up`, or what is away and since when. */
export function healthLine({ status, parts }: Health): string {
  if (parts === undefined) return `${status}: the server does not answer`;
  const away = Object.entries(parts)
    .filter(([, { state }]) => state !== "up")
    .map(([part, { state, since }]) => `${part} ${state} since ${since}`);
  return away.length === 0 ? status : `${status}: ${away.join(", ")}`;
}
