import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { type Centre, centreSchema } from "./domain/centre.ts";
import { KituoError } from "./domain/errors.ts";
import { printFinding } from "./ops/finding.ts";
import { readYaml } from "./ops/yaml.ts";

/**
 * The server's configuration, from the environment. This is the only file of the server that reads it. Every secret
 * can be given as `NAME` or, for container secrets, as `NAME_FILE` with the path of a file that holds it.
 */
const port = z.coerce.number().int().min(0).max(65_535);

/** Scheme, host and port as browsers write them: no path, no capital letters, no port that goes without saying. */
const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const environmentSchema = z.object({
  /**
   * This process's name: its ARI application, its lease, its mark on calls, the folder of its journal. Unique among the
   * processes of a centre, and the same after a restart: a process takes up at once what an earlier one of its name
   * left. By default it is made of the host's name and the port; of the process id too where the port is 0, and then
   * nobody is its successor.
   */
  KITUO_ID: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,40}$/, "a-z, 0-9 and - only")
    .optional(),
  KITUO_HOST: z.string().default("127.0.0.1"),
  KITUO_PORT: port.default(8000),
  KITUO_VAR: z.string().default("var"),
  KITUO_CENTRE: z.string().default("kituo.yaml"),
  KITUO_MENUS: z.string().default("dialplan/menus"),
  KITUO_PROMPTS: z.string().default("prompts"),
  /** Pages of other addresses from which sockets may be opened: `https://crm.example.com,https://board.example.com`. */
  KITUO_ORIGINS: z
    .string()
    .default("")
    .transform((text) => text.split(",").map((each) => each.trim()))
    .transform((origins) => origins.filter((each) => each !== ""))
    .pipe(
      z.array(
        z.string().refine(isOrigin, "must be an origin, for example https://crm.example.com"),
      ),
    ),
  KITUO_SECRETS: z.string().default("var/secrets.json"),
  /** Two letters: how numbers without a country code are read. */
  KITUO_COUNTRY: z
    .string()
    .regex(/^[A-Z]{2}$/, "two capital letters, for example KE")
    .default("KE"),
  REDIS_URL: z.string().startsWith("redis").default("redis://127.0.0.1:6379"),
  /** What all keys in Redis begin with. */
  KITUO_REDIS_PREFIX: z.string().min(1).default("kituo"),
  /** `sqlite:PATH` or `mongodb://...`. */
  STORE_URL: z
    .string()
    .regex(/^(sqlite:|mongodb(\+srv)?:\/\/)/, "sqlite:PATH or mongodb://...")
    .optional(),
  /**
   * How long the token of a sign-in is good. The default is a long shift: clients that cannot renew it keep it for one.
   * It can be taken back at any moment all the same.
   */
  KITUO_TOKEN_MINUTES: z.coerce.number().int().min(1).max(10_080).default(720),
  /** Whoever knows it may register as the agent of an extension; absent: nobody may. */
  KITUO_INVITE_CODE: z.string().min(16, "at least 16 characters").optional(),
  ARI_URL: z.url().default("http://127.0.0.1:8088/ari"),
  ARI_USER: z.string().min(1),
  ARI_PASSWORD: z.string().min(1),
  AMI_HOST: z.string().default("127.0.0.1"),
  AMI_PORT: port.default(5038),
  AMI_USER: z.string().min(1),
  AMI_PASSWORD: z.string().min(1),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
  /** `yes` writes numbers, digits and names into the log; only for finding a fault. */
  LOG_PII: z.enum(["yes", "no"]).default("no"),
});

export interface Config {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly varFolder: string;
  readonly menusFolder: string;
  readonly promptsFolder: string;
  readonly secretsFile: string;
  readonly country: string;
  /** From which pages, besides our own, sockets may be opened. */
  readonly origins: readonly string[];
  readonly redis: { readonly url: string; readonly prefix: string };
  readonly storeUrl: string;
  readonly access: { readonly tokenMs: number; readonly inviteCode: string | null };
  readonly ari: { readonly url: string; readonly user: string; readonly password: string };
  readonly ami: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
  };
  readonly log: { readonly level: "debug" | "info" | "warn" | "error"; readonly showPii: boolean };
  readonly centre: Centre;
}

/** Reads and checks everything; throws one `config_invalid` that names every fault. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const parsed = environmentSchema.safeParse(withSecretFiles(environment));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new KituoError("config_invalid", "the environment is not complete", faults);
  }
  const env = parsed.data;
  return {
    id:
      env.KITUO_ID ??
      processName(env.KITUO_PORT === 0 ? `0-${process.pid}` : String(env.KITUO_PORT)),
    host: env.KITUO_HOST,
    port: env.KITUO_PORT,
    varFolder: env.KITUO_VAR,
    menusFolder: env.KITUO_MENUS,
    promptsFolder: env.KITUO_PROMPTS,
    secretsFile: env.KITUO_SECRETS,
    country: env.KITUO_COUNTRY,
    origins: env.KITUO_ORIGINS,
    redis: { url: env.REDIS_URL, prefix: env.KITUO_REDIS_PREFIX },
    storeUrl: env.STORE_URL ?? `sqlite:${env.KITUO_VAR}/kituo.db`,
    access: {
      tokenMs: env.KITUO_TOKEN_MINUTES * 60_000,
      inviteCode: env.KITUO_INVITE_CODE ?? null,
    },
    ari: { url: env.ARI_URL, user: env.ARI_USER, password: env.ARI_PASSWORD },
    ami: { host: env.AMI_HOST, port: env.AMI_PORT, user: env.AMI_USER, password: env.AMI_PASSWORD },
    log: { level: env.LOG_LEVEL, showPii: env.LOG_PII === "yes" },
    centre: readCentre(env.KITUO_CENTRE),
  };
}

/** A name for a process of this host, as `KITUO_ID` wants it. `part` tells it from the host's others. */
export function processName(part: string): string {
  const host = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "-")
    .replace(/^-+/, "")
    .slice(0, 20);
  return `${host || "kituo"}-${part}`;
}

/** Reads `kituo.yaml`; throws `config_invalid`, whose faults name file, line and reason. */
export function readCentre(file: string): Centre {
  const text = readText(file, "the centre's description");
  const { value, faults } = readYaml(file, text, centreSchema);
  if (value !== null) return value;
  throw new KituoError("config_invalid", "the centre cannot be read", faults.map(printFinding));
}

/** Only the names that we read: other programs have variables that end in `_FILE` too. */
function withSecretFiles(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const filled = { ...environment };
  for (const name of Object.keys(environmentSchema.shape)) {
    const file = environment[`${name}_FILE`];
    if (file !== undefined) filled[name] ??= readText(file, `${name}_FILE`).trim();
  }
  return filled;
}

function readText(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new KituoError("config_invalid", `${what} cannot be read from ${file}`, [file], error);
  }
}
