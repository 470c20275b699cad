import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { KituoError } from "../../domain/errors.ts";
import { opsEnvironment } from "../environment.ts";
import { readSecrets, secretsFile } from "../secrets.ts";

interface ExportOptions {
  readonly out: string;
  readonly redis: string;
  readonly mongo: string;
  readonly kituoUser: number;
  readonly storesUser: number;
}

/** `kituo secrets export`: for containers, which get each secret as a file of its own. */
export function secrets(): Command {
  const command = new Command("secrets").description("the secrets as single files, for containers");
  command
    .command("export")
    .description("write what Redis, MongoDB and the server read at their start")
    .requiredOption("--out <folder>", "where the files go")
    .requiredOption("--redis <host:port>", "where the server finds Redis")
    .requiredOption("--mongo <host:port>", "where the server finds MongoDB")
    .option("--kituo-user <uid>", "whom the server's files belong to", numeric, 1000)
    .option("--stores-user <uid>", "whom the files of Redis and MongoDB belong to", numeric, 999)
    .action(writeAll);
  return command;
}

async function writeAll(options: ExportOptions): Promise<void> {
  const known = await readSecrets(secretsFile(opsEnvironment().varFolder));
  if (known === null)
    throw new KituoError("not_found", "There are no secrets yet.", [
      "`kituo config render` makes them.",
    ]);
  const { redisPassword, mongoPassword, site } = known;
  const files: readonly [name: string, user: number, content: string][] = [
    ["redis.conf", options.storesUser, `requirepass ${redisPassword}\n`],
    ["redis-password", options.storesUser, redisPassword],
    ["mongo-password", options.storesUser, mongoPassword],
    ["redis-url", options.kituoUser, `redis://:${redisPassword}@${options.redis}/0`],
    [
      "store-url",
      options.kituoUser,
      `mongodb://kituo:${mongoPassword}@${options.mongo}/kituo?authSource=admin`,
    ],
    ["ari-password", options.kituoUser, site.ariPassword],
    ["ami-password", options.kituoUser, site.amiPassword],
  ];
  await mkdir(options.out, { recursive: true });
  for (const [name, user, content] of files) {
    const path = join(options.out, name);
    await writeFile(path, content, { mode: 0o400 });
    await chown(path, user, user);
  }
  console.log(`${files.length} files written to ${options.out}.`);
}

function numeric(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError("It is a user's number.");
}
