import { readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const processSchema = z.strictObject({
  pid: z.int().positive(),
  /** When it started, in the kernel's ticks: a number that comes again belongs to another process. */
  started: z.string(),
});

/** What `var/kituo.json` says of an instance that is up: where everything is, and nothing secret. */
export const stateSchema = z.strictObject({
  url: z.string(),
  /** Where phones register and callers call. */
  sip: z.strictObject({ host: z.string(), port: z.int() }),
  ports: z.strictObject({
    http: z.int(),
    sip: z.int(),
    ari: z.int(),
    ami: z.int(),
    redis: z.int().nullable(),
  }),
  asterisk: z.strictObject({ version: z.string(), folder: z.string() }),
  /** Who holds it all: when this one ends, all of it ends. */
  keeper: processSchema,
  pids: z.record(z.string(), z.int()),
  files: z.strictObject({
    var: z.string(),
    secrets: z.string(),
    centre: z.string(),
    recordings: z.string(),
    logs: z.record(z.string(), z.string()),
  }),
  startedAt: z.iso.datetime(),
});

export type InstanceState = z.infer<typeof stateSchema>;

function stateFile(varFolder: string): string {
  return join(varFolder, "kituo.json");
}

/** Notes that an instance is up. */
export async function writeState(varFolder: string, state: InstanceState): Promise<void> {
  await writeFile(stateFile(varFolder), `${JSON.stringify(state, null, 2)}\n`);
}

export async function removeState(varFolder: string): Promise<void> {
  await rm(stateFile(varFolder), { force: true });
}

/** The instance that is up in a folder; null when there is none, or only the note of one that has died. */
export function readState(varFolder: string): InstanceState | null {
  let text: string;
  try {
    text = readFileSync(stateFile(varFolder), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const state = stateSchema.safeParse(JSON.parse(text));
  if (!state.success) return null;
  const { pid, started } = state.data.keeper;
  return startOf(pid) === started ? state.data : null;
}

/** When a process started; null when there is none of that number. */
export function startOf(pid: number): string | null {
  try {
    // The second field is a name in brackets that can hold anything; the start is the 22nd.
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    // No such process.
    return null;
  }
}
