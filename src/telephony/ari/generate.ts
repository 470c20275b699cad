import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

/**
 * Writes `wire.generated.ts` from the descriptions of ARI that Asterisk ships (Swagger 1.1 and 1.2). They are read
 * from an installed Asterisk, not kept here. With `--check` it writes nothing and fails when the committed file
 * differs. Run it after an Asterisk upgrade:
 *
 *     node src/telephony/ari/generate.ts [--check] [/usr/share/asterisk/rest-api]
 */
const options = parseArgs({ options: { check: { type: "boolean" } }, allowPositionals: true });
const folder = options.positionals[0] ?? "/usr/share/asterisk/rest-api";
const here = new URL(".", import.meta.url);
const target = new URL("wire.generated.ts", here);

const resources = [
  "applications",
  "asterisk",
  "bridges",
  "channels",
  "deviceStates",
  "endpoints",
  "events",
  "playbacks",
  "recordings",
] as const;

/** The socket itself is opened by the client, it is not a request. */
const skipped = new Set(["GET /events"]);

interface Property {
  readonly type: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly allowableValues?: { readonly valueType: string; readonly values?: readonly string[] };
}
interface Model {
  readonly id: string;
  readonly description?: string;
  readonly properties: Readonly<Record<string, Property>>;
  readonly subTypes?: readonly string[];
}
interface Parameter {
  readonly name: string;
  readonly paramType: "path" | "query" | "body";
  readonly dataType?: string;
  readonly required?: boolean;
  readonly allowMultiple?: boolean;
}
interface Operation {
  readonly httpMethod: string;
  readonly summary?: string;
  readonly responseClass: string;
  readonly parameters?: readonly Parameter[];
}
interface Resource {
  readonly apis: readonly { readonly path: string; readonly operations: readonly Operation[] }[];
  readonly models: Readonly<Record<string, Model>>;
}

const scalars: Readonly<Record<string, string>> = {
  string: "string",
  Date: "string",
  int: "number",
  long: "number",
  double: "number",
  boolean: "boolean",
  object: "Readonly<Record<string, unknown>>",
  containers: "Readonly<Record<string, unknown>>",
  binary: "Uint8Array",
  void: "null",
};

/** Swagger's name of a type in TypeScript; fails on a model that no file describes. */
function typeOf(name: string, models: ReadonlyMap<string, Model>): string {
  const list = /^List\[(.+)\]$/.exec(name);
  if (list?.[1] !== undefined) return `readonly ${bracketed(typeOf(list[1], models))}[]`;
  const scalar = scalars[name];
  if (scalar !== undefined) return scalar;
  if (!models.has(name)) throw new Error(`no description of the type ${name}`);
  return name;
}

const bracketed = (type: string): string => (type.includes(" ") ? `(${type})` : type);

function comment(text: string | undefined): string {
  const line = (text ?? "").split("\n")[0]?.trim() ?? "";
  return line === "" ? "" : `/** ${line.replaceAll("*/", "* /")} */\n`;
}

function field(name: string, property: Property, models: ReadonlyMap<string, Model>): string {
  const values = property.allowableValues?.values;
  const type =
    values !== undefined && property.type === "string"
      ? values.map((value) => JSON.stringify(value)).join(" | ")
      : typeOf(property.type, models);
  return `readonly ${name}${property.required === true ? "" : "?"}: ${type};\n`;
}

function interfaceOf(
  model: Model,
  models: ReadonlyMap<string, Model>,
  events: Set<string>,
): string {
  const isEvent = events.has(model.id);
  const fields = Object.entries(model.properties)
    .filter(([name]) => !(isEvent && name === "type"))
    .map(([name, property]) => field(name, property, models));
  const literal = isEvent ? `readonly type: ${JSON.stringify(model.id)};\n` : "";
  const base = isEvent ? " extends Event" : model.id === "Event" ? " extends Message" : "";
  const body = [literal, ...fields].join("");
  return `${comment(model.description)}export interface ${model.id}${base} {\n${body}}\n`;
}

function group(
  operation: Operation,
  kind: Parameter["paramType"],
  models: ReadonlyMap<string, Model>,
): string {
  const parameters = (operation.parameters ?? []).filter((one) => one.paramType === kind);
  if (parameters.length === 0) return "";
  const fields = parameters.map((one) => {
    const single = typeOf(one.dataType ?? "string", models);
    const type = one.allowMultiple === true ? `readonly ${bracketed(single)}[]` : single;
    const needed = kind === "path" || one.required === true;
    return `readonly ${one.name}${needed ? "" : "?"}: ${type};`;
  });
  const optional = fields.every((text) => text.includes("?:")) ? "?" : "";
  return `readonly ${kind}${optional}: { ${fields.join(" ")} };\n`;
}

function operationOf(
  path: string,
  operation: Operation,
  models: ReadonlyMap<string, Model>,
): string {
  const groups = (["path", "query"] as const)
    .map((kind) => group(operation, kind, models))
    .join("");
  const hasBody = operation.parameters?.some((one) => one.paramType === "body") === true;
  const body = hasBody ? "readonly body?: Readonly<Record<string, unknown>>;\n" : "";
  const answer = `readonly answer: ${typeOf(operation.responseClass, models)};\n`;
  const name = JSON.stringify(`${operation.httpMethod} ${path}`);
  return `${comment(operation.summary)}readonly ${name}: {\n${groups}${body}${answer}};\n`;
}

function render(): string {
  const described = resources.map(
    (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Resource,
  );
  const models = new Map(described.flatMap((resource) => Object.entries(resource.models)));
  const events = new Set(models.get("Event")?.subTypes);
  const interfaces = [...models.values()]
    .sort((left, right) => (left.id < right.id ? -1 : 1))
    .map((model) => interfaceOf(model, models, events));
  const operations = described
    .flatMap((resource) => resource.apis)
    .flatMap((api) => api.operations.map((operation) => ({ path: api.path, operation })))
    .filter(({ path, operation }) => !skipped.has(`${operation.httpMethod} ${path}`))
    .map(({ path, operation }) => operationOf(path, operation, models));
  const names = [...events].sort();
  return [
    "// Generated by generate.ts from Asterisk's rest-api/*.json; do not edit.\n",
    ...interfaces,
    "/** Every event of the socket, told apart by `type`. */",
    `export type AriEvent = ${names.join(" | ")};\n`,
    "/** The names of all events that this version of Asterisk describes. */",
    `export const eventNames: ReadonlySet<string> = new Set(${JSON.stringify(names)});\n`,
    "/** Every request: what goes into its path, its query and its body, and what is answered. */",
    `export interface Operations {\n${operations.join("")}}\n`,
  ].join("\n");
}

/** The text as the formatter wants it, so that formatting the repository leaves the file as it is. */
function formatted(text: string): string {
  const biome = new URL("../../../node_modules/.bin/biome", here).pathname;
  const style = ["--line-width=100", "--indent-style=space", "--stdin-file-path=wire.ts"];
  const run = spawnSync(biome, ["format", ...style], { input: text, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`biome could not format the generated file: ${run.stderr}`);
  return run.stdout;
}

const text = formatted(render());
if (options.values.check === true) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("wire.generated.ts differs from what Asterisk describes: write it anew");
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
}
