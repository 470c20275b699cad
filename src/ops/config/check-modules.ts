import type { Finding } from "../finding.ts";
import { type Section, settingOf } from "./conf.ts";
import type { Dialplan } from "./dialplan.ts";
import {
  forbiddenModules,
  moduleOfApplication,
  moduleOfFile,
  moduleOfFunction,
  moduleOfPjsipType,
} from "./needs.ts";

interface Need {
  readonly module: string;
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

/** Finds what is used but whose module modules.conf does not load, and what it loads and must not. */
export function checkModules(
  files: ReadonlyMap<string, readonly Section[]>,
  dialplan: Dialplan,
): Finding[] {
  const settings = files.get("modules.conf")?.find(({ name }) => name === "modules")?.settings;
  if (settings === undefined) return [];
  const automatic = settings.some(({ name, value }) => name === "autoload" && value === "yes");
  const named = (kinds: readonly string[]) =>
    settings
      .filter(({ name }) => kinds.includes(name))
      .map(({ value, line }) => ({ module: value.replace(/\.so$/, ""), line }));
  const loaded = named(["load", "require", "preload"]);
  const kept = new Set(named(["noload"]).map(({ module }) => module));
  const has = (module: string) =>
    automatic ? !kept.has(module) : loaded.some((entry) => entry.module === module);

  const faults: Finding[] = loaded.flatMap(({ module, line }) => {
    const why = forbiddenModules[module];
    if (why === undefined) return [];
    return [{ file: "modules.conf", line, reason: `module ${module} must not be loaded: ${why}` }];
  });
  const seen = new Map<string, number>();
  for (const { module, line } of loaded) {
    const before = seen.get(module);
    if (before !== undefined)
      faults.push({
        file: "modules.conf",
        line,
        reason: `module ${module} is listed twice, first in line ${before}`,
      });
    seen.set(module, line);
  }
  for (const { module, file, line, what } of needsOf(files, dialplan, faults))
    if (module !== "" && !has(module))
      faults.push({
        file,
        line,
        reason: `${what} needs module ${module}, which modules.conf does not load`,
      });
  return faults;
}

function needsOf(
  files: ReadonlyMap<string, readonly Section[]>,
  dialplan: Dialplan,
  faults: Finding[],
): Need[] {
  const needs: Need[] = [...files.keys()].flatMap((file) => {
    const module = moduleOfFile[file];
    return module === undefined ? [] : [{ module, file, line: 1, what: "this file" }];
  });
  const told = new Set<string>();
  const once = (key: string) => !told.has(key) && told.add(key) !== undefined;
  for (const section of files.get("pjsip.conf") ?? []) {
    const at = { file: "pjsip.conf", line: section.line };
    const type = settingOf(section, "type")?.value ?? "";
    for (const module of moduleOfPjsipType[type] ?? [])
      if (once(module)) needs.push({ module, ...at, what: `type ${type}` });
    const identity = settingOf(section, "identify_by")?.value ?? "username";
    if (type === "endpoint" && identity.includes("username") && once("by user"))
      needs.push({ module: "res_pjsip_endpoint_identifier_user", ...at, what: "identify_by" });
    const protocol = settingOf(section, "protocol")?.value ?? "";
    if (type === "transport" && ["ws", "wss"].includes(protocol))
      needs.push({ module: "res_pjsip_transport_websocket", ...at, what: `transport ${protocol}` });
  }
  for (const step of dialplan.steps) {
    const at = { file: "extensions.conf", line: step.line };
    const module = moduleOfApplication[step.application];
    if (module === undefined)
      faults.push({ ...at, reason: `application ${step.application} is not known` });
    else if (once(step.application)) needs.push({ module, ...at, what: step.application });
    // Functions are written in capitals: in ${...}, and on the left of Set.
    const text = `${step.arguments}`;
    for (const [, name = ""] of text.matchAll(/(?:\$\{|^|\?Set\()([A-Z][A-Z_]+)\(/g)) {
      const provider = moduleOfFunction[name];
      if (provider === undefined) faults.push({ ...at, reason: `function ${name} is not known` });
      else if (once(name)) needs.push({ module: provider, ...at, what: name });
    }
  }
  return needs;
}
