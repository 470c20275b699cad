import { Command, Option } from "commander";
import { KituoError } from "../../domain/errors.ts";
import { type Role, roles } from "../../domain/user.ts";
import { opsEnvironment } from "../environment.ts";
import { newSecret, readSecrets, type Secrets, secretsFile, writeSecrets } from "../secrets.ts";

/** `kituo users`: who may sign in to the pages and the API. */
export function users(): Command {
  const command = new Command("users").description("who may sign in to the pages and the API");
  command
    .command("add")
    .description("add a user with a password that is made now and printed once")
    .argument("<username>")
    .addOption(new Option("--role <role>").choices(roles).makeOptionMandatory())
    .option("--agent <id>", "the agent that this user is, for example AGT-001")
    .action(async (username: string, options: { role: Role; agent?: string }) => {
      const { file, secrets } = await known();
      if (secrets.users.some((user) => user.username === username))
        throw new KituoError("conflict", `There is a user ${username} already.`);
      if ((options.role === "agent") !== (options.agent !== undefined))
        throw new KituoError(
          "bad_request",
          "A user of the role agent, and no other, needs --agent.",
        );
      const password = newSecret();
      const user = { username, password, role: options.role, agent: options.agent ?? null };
      await writeSecrets(file, { ...secrets, users: [...secrets.users, user] });
      console.log(`${username}  ${password}`);
      console.error("The server lets this user in from its next start on.");
    });
  command
    .command("list")
    .description("the users that set-up and `users add` made")
    .option("--json", "for scripts")
    .option("--secrets", "with the passwords")
    .action(async (options: { json?: boolean; secrets?: boolean }) => {
      const { secrets } = await known();
      const rows = secrets.users.map(({ password, ...user }) =>
        options.secrets ? { ...user, password } : user,
      );
      if (options.json) console.log(JSON.stringify(rows, null, 2));
      else
        for (const row of rows)
          console.log(
            [row.username, row.role, ...("password" in row ? [row.password] : [])].join("  "),
          );
    });
  return command;
}

async function known(): Promise<{ file: string; secrets: Secrets }> {
  const file = secretsFile(opsEnvironment().varFolder);
  const secrets = await readSecrets(file);
  if (secrets !== null) return { file, secrets };
  throw new KituoError("not_found", `There are no secrets in ${file} yet.`, [
    "`kituo up` makes them.",
  ]);
}
