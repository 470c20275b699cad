import { Command } from "commander";
import { readCentre } from "../../config.ts";
import { extensionsOf } from "../../domain/centre.ts";
import { currentState, secretsOf } from "./current.ts";

/** `kituo extensions`: what a phone is set up with, for each of them. */
export function extensions(): Command {
  return new Command("extensions")
    .description("the phones: user, password, host and port of each")
    .option("--json", "for scripts")
    .option("--secrets", "with the passwords")
    .action(async (options: { json?: boolean; secrets?: boolean }) => {
      const state = currentState();
      const [secrets, centre] = [await secretsOf(state), readCentre(state.files.centre)];
      const rows = extensionsOf(centre).map((extension) => {
        const agent = centre.agents.find((candidate) => candidate.extension === extension);
        return {
          extension,
          user: extension,
          ...(options.secrets ? { password: secrets.site.extensions[extension] } : {}),
          host: state.sip.host,
          port: state.sip.port,
          transports: ["udp", "tcp"],
          agent: agent?.id ?? null,
          name: agent?.name ?? null,
        };
      });
      if (options.json) console.log(JSON.stringify(rows, null, 2));
      else
        for (const row of rows)
          console.log(
            [
              row.extension,
              `${row.host}:${row.port}`,
              ...(row.password === undefined ? [] : [row.password]),
              row.agent ?? "-",
              row.name ?? "",
            ].join("  "),
          );
    });
}
