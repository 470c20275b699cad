import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { KituoError } from "../domain/errors.ts";
import { home } from "./environment.ts";

/**
 * The server in a few files. Callers wait for a restart, and finding and reading four hundred modules, of Kituo and of
 * the packages it uses, is the longest part of one. What is built lies in `dist/` in a folder named after the sources it
 * was made of, so that what is stale is never run; what is no code (Lua, pages, schemas) stays where it is.
 */
const dist = join(home, "dist");
const sources = join(home, "src");
const main = "main.js";

/** The program to start the server with: what is built of the sources as they are, or can be, else the sources. */
export async function serverProgram(): Promise<string> {
  try {
    return await buildServer();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`kituo: the server runs from its sources and starts slowly: ${why}\n`);
    return join(sources, "main.ts");
  }
}

/**
 * Builds the server unless that is done, and gives the path of its program; `dist/main.js` leads there, too. Rejects
 * with `config_invalid` when the packages for development are missing, and as the file system does.
 */
export async function buildServer(): Promise<string> {
  const name = await fingerprint();
  const program = join(dist, name, main);
  if (built(name)) return program;
  await mkdir(dist, { recursive: true });
  const draft = join(dist, `.${randomBytes(6).toString("hex")}`);
  try {
    await bundle(draft);
    await rename(draft, join(dist, name));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Somebody else was building it, too.
    if (!built(name)) throw error;
  }
  await writeFile(join(dist, main), `import "./${name}/${main}";\n`);
  const old = (await readdir(dist)).filter((each) => each !== name && each !== main);
  await Promise.all(old.map((each) => rm(join(dist, each), { recursive: true, force: true })));
  return program;
}

function built(name: string): boolean {
  return existsSync(join(dist, name));
}

/** Of all that the server is made of: its sources, and which packages there are. */
async function fingerprint(): Promise<string> {
  const names = (await readdir(sources, { recursive: true })).filter((name) =>
    name.endsWith(".ts"),
  );
  const files = [
    join(home, "package-lock.json"),
    ...names.sort().map((name) => join(sources, name)),
  ];
  const hash = createHash("sha256");
  for (const text of await Promise.all(files.map((file) => readFile(file)))) hash.update(text);
  return hash.digest("hex").slice(0, 16);
}

async function bundle(folder: string): Promise<void> {
  const { rolldown } = await import("rolldown").catch((error: unknown) => {
    throw new KituoError("config_invalid", "rolldown is not installed (npm ci)", [], error);
  });
  const build = await rolldown({
    input: join(sources, "main.ts"),
    platform: "node",
    plugins: [{ name: "places", transform: (code, file) => asIfInPlace(code, file, folder) }],
  });
  await build.write({ dir: folder, format: "esm" });
  await build.close();
}

/** A module that looks for files beside itself looks where its source is. */
function asIfInPlace(code: string, file: string, folder: string): string | null {
  if (!file.startsWith(sources) || !code.includes("import.meta.")) return null;
  const place = `new URL(${JSON.stringify(relative(folder, file))}, import.meta.url)`;
  return code
    .replaceAll("import.meta.url", `${place}.href`)
    .replaceAll("import.meta.dirname", `decodeURIComponent(new URL(".", ${place}).pathname)`);
}
