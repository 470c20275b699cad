import { randomInt } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { type Centre, extensionsOf } from "../domain/centre.ts";
import { KituoError } from "../domain/errors.ts";
import { roles } from "../domain/user.ts";

const word = z.string().regex(/^[A-Za-z0-9]{24,}$/, "a secret is at least 24 letters and digits");

export const secretsSchema = z.strictObject({
  /** Asterisk's: what its configuration is rendered with. */
  site: z.strictObject({
    ariUser: z.string().min(1),
    ariPassword: word,
    amiUser: z.string().min(1),
    amiPassword: word,
    extensions: z.record(z.string(), word),
    /** A provider chooses these; they come from the environment variable that the trunk names. */
    trunks: z.record(z.string(), z.string()).default({}),
  }),
  redisPassword: word,
  mongoPassword: word.default(() => newSecret()),
  /** Signs the tokens of people who signed in. */
  tokenSecret: word,
  /** The users that exist from the first start on. */
  users: z.array(
    z.strictObject({
      username: z.string().min(1),
      password: word,
      role: z.enum(roles),
      agent: z.string().nullable(),
    }),
  ),
});

export type Secrets = z.infer<typeof secretsSchema>;
export type SecretUser = Secrets["users"][number];

/** Where an instance's secrets are. */
export function secretsFile(varFolder: string): string {
  return join(varFolder, "secrets.json");
}

/** Reads a secrets file; null when there is none yet. */
export async function readSecrets(file: string): Promise<Secrets | null> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const parsed = secretsSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new KituoError(
    "config_invalid",
    `${file} is not a secrets file of this version; remove it and new secrets are made.`,
    parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`),
  );
}

/**
 * The secrets of an instance: made at its first start, the same at every later one. Users and trunks that the centre
 * has got since are added; nothing that is there is changed.
 */
export async function ensureSecrets(
  varFolder: string,
  centre: Centre,
  env: NodeJS.ProcessEnv,
): Promise<Secrets> {
  const file = secretsFile(varFolder);
  const known = await readSecrets(file);
  const secrets = completeSecrets(known, centre, env);
  if (JSON.stringify(secrets) !== JSON.stringify(known)) await writeSecrets(file, secrets);
  return secrets;
}

/** Writes a secrets file, whole or not at all, for its owner's eyes only. */
export async function writeSecrets(file: string, secrets: Secrets): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  await rename(fresh, file);
}

/** The secrets with all that the centre needs in them. */
export function completeSecrets(
  known: Secrets | null,
  centre: Centre,
  env: NodeJS.ProcessEnv,
): Secrets {
  const wanted: Omit<SecretUser, "password">[] = [
    { username: "admin", role: "admin", agent: null },
    { username: "supervisor", role: "supervisor", agent: null },
    ...centre.agents.map(
      (agent) => ({ username: agent.id.toLowerCase(), role: "agent", agent: agent.id }) as const,
    ),
  ];
  const users = [...(known?.users ?? [])];
  for (const user of wanted)
    if (!users.some((other) => other.username === user.username))
      users.push({ ...user, password: newSecret() });
  return {
    site: {
      ariUser: known?.site.ariUser ?? "kituo",
      ariPassword: known?.site.ariPassword ?? newSecret(),
      amiUser: known?.site.amiUser ?? "kituo",
      amiPassword: known?.site.amiPassword ?? newSecret(),
      extensions: Object.fromEntries(
        extensionsOf(centre).map((name) => [name, known?.site.extensions[name] ?? newSecret()]),
      ),
      trunks: Object.fromEntries(
        centre.trunks.flatMap(({ name, passwordFrom }) => {
          const password = passwordFrom === undefined ? undefined : env[passwordFrom];
          return password === undefined ? [] : [[name, password]];
        }),
      ),
    },
    redisPassword: known?.redisPassword ?? newSecret(),
    mongoPassword: known?.mongoPassword ?? newSecret(),
    tokenSecret: known?.tokenSecret ?? newSecret(48),
    users,
  };
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A new random secret; 24 of these letters are 142 bits. */
export function newSecret(length = 24): string {
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join("");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON is refused by the schema, with the same advice.
    return null;
  }
}
