import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

/**
 * Who may import whom. The table is the one in ARCHITECTURE.md. `packages` are whatever comes from node_modules or
 * Node itself.
 */
interface Layer {
  readonly folders: readonly string[];
  readonly packages: boolean | readonly string[];
}
const adapter: Layer = { folders: ["domain", "ports"], packages: true };
const layers: Readonly<Record<string, Layer>> = {
  domain: { folders: [], packages: ["zod"] },
  ports: { folders: ["domain"], packages: [] },
  flows: { folders: ["domain", "ports"], packages: ["node:crypto"] },
  "telephony/ari": adapter,
  "telephony/ami": adapter,
  "telephony/fake": adapter,
  desk: adapter,
  jobs: adapter,
  journal: adapter,
  redis: adapter,
  "store/sqlite": adapter,
  "store/mongo": adapter,
  store: adapter,
  integrations: adapter,
  "facade/contract": { folders: ["domain"], packages: ["zod", "node:"] },
  "facade/http": { folders: ["facade/contract", "domain", "ports", "flows"], packages: true },
  "facade/ws": { folders: ["facade/contract", "domain", "ports", "flows"], packages: true },
  web: { folders: ["facade/contract"], packages: true },
};

/** What is allowed beyond the table, each with its reason. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  // Both live in Redis and reach it in one way.
  desk: ["redis"],
  jobs: ["redis"],
  // Device states come over AMI, so the Asterisk adapter is made of both halves.
  "telephony/ari": ["telephony/ami"],
  // Both adapters turn rows back into the port's types with the same schemas.
  "store/sqlite": ["store"],
  "store/mongo": ["store"],
  // `open.ts` picks the adapter that STORE_URL names.
  store: ["store/sqlite", "store/mongo"],
  // One server carries both.
  "facade/http": ["facade/ws"],
  "facade/ws": ["facade/http"],
};

const source = resolve(import.meta.dirname, "../src");

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

/** The layer a file of src/ belongs to; `null` for those that may import everything (main, ops, config, log). */
function layerOf(file: string): string | null {
  const parts = relative(source, file).split("/");
  const two = parts.slice(0, 2).join("/");
  if (parts.length > 2 && layers[two] !== undefined) return two;
  const one = parts[0] ?? "";
  return parts.length > 1 && layers[one] !== undefined ? one : null;
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const forms = [
    /^(?:import|export)\b[^"'`=()]*?\bfrom\s*["']([^"']+)["']/gm,
    /^import\s*["']([^"']+)["']/gm,
    /\bimport\(\s*["']([^"']+)["']/g,
  ];
  return forms.flatMap((form) => [...text.matchAll(form)].map((match) => match[1] ?? ""));
}

function faultsOf(file: string): string[] {
  const name = layerOf(file);
  const layer = name === null ? undefined : layers[name];
  if (name === null || layer === undefined) return [];
  const faults: string[] = [];
  for (const specifier of importsOf(file)) {
    const from = relative(source, file);
    if (!specifier.startsWith(".")) {
      const { packages } = layer;
      const fine =
        packages === true ||
        (packages !== false && packages.some((each) => specifier.startsWith(each)));
      if (!fine) faults.push(`${from} imports the package ${specifier}`);
      continue;
    }
    const target = layerOf(resolve(dirname(file), specifier));
    const fine =
      target === name ||
      (target !== null &&
        (layer.folders.includes(target) || (allowed[name] ?? []).includes(target)));
    if (!fine) faults.push(`${from} imports ${specifier}`);
  }
  return faults;
}

describe("architecture", () => {
  const all = files(source);

  it("reads every source file", () => {
    expect(all.length).toBeGreaterThan(50);
  });

  it("lets nobody import what the layer table forbids", () => {
    expect(all.flatMap(faultsOf)).toEqual([]);
  });

  it("lets only config.ts and the kituo command read the environment", () => {
    const readers = all
      .map((file) => relative(source, file))
      .filter((name) => name !== "config.ts" && !name.startsWith("ops/"))
      .filter((name) => /process\.env/.test(readFileSync(join(source, name), "utf8")));
    expect(readers).toEqual([]);
  });

  it("keeps the clock, chance and waiting out of the domain", () => {
    const impure = all
      .filter((file) => layerOf(file) === "domain")
      .filter((file) =>
        /Date\.now|Math\.random|\bawait\b|new Date\(\)/.test(readFileSync(file, "utf8")),
      )
      .map((file) => relative(source, file));
    expect(impure).toEqual([]);
  });

  it("has no file over 400 lines that was not generated", () => {
    const long = all
      .filter((file) => !file.endsWith(".generated.ts"))
      .filter((file) => readFileSync(file, "utf8").split("\n").length > 400)
      .map((file) => relative(source, file));
    expect(long).toEqual([]);
  });
});
