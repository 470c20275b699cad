import type { Finding } from "../finding.ts";
import { checkDialplan } from "./check-dialplan.ts";
import { checkModules } from "./check-modules.ts";
import { parseConf, type Section, type Setting, settingOf } from "./conf.ts";
import { parseDialplan } from "./dialplan.ts";

/** What the configuration refers to outside itself. */
export interface ConfigSurroundings {
  /** The prompts that every language has; without it sounds are not checked. */
  readonly prompts?: ReadonlySet<string>;
}

/**
 * Finds faults in a rendered configuration (file name to content) before Asterisk does, or where Asterisk says
 * nothing and a caller would find them.
 */
export function checkConfig(
  files: ReadonlyMap<string, string>,
  known: ConfigSurroundings = {},
): Finding[] {
  const sections = new Map([...files].map(([file, text]) => [file, parseConf(text)]));
  const of = (file: string) => sections.get(file) ?? [];
  const dialplan = parseDialplan(files.get("extensions.conf") ?? "");
  const faults = [
    ...checkDialplan(dialplan, of("queues.conf"), known.prompts),
    ...checkEndpoints(of("pjsip.conf"), dialplan.contexts),
    ...checkMembers(of("queues.conf"), of("pjsip.conf")),
    ...checkSecrets(of("pjsip.conf"), of("ari.conf"), of("manager.conf")),
    ...checkAddresses(of("http.conf"), of("manager.conf")),
    ...checkModules(sections, dialplan),
  ];
  return faults.sort(
    (left, right) => left.file.localeCompare(right.file) || left.line - right.line,
  );
}

const typeOf = (section: Section) => settingOf(section, "type")?.value ?? "";

const list = (setting: Setting | undefined) =>
  (setting?.value ?? "").split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()]));

/** Every endpoint leads into a context that exists and names parts that exist; none is anonymous. */
function checkEndpoints(
  pjsip: readonly Section[],
  contexts: ReadonlyMap<string, Section>,
): Finding[] {
  const file = "pjsip.conf";
  const faults: Finding[] = [];
  const real = pjsip.filter((section) => !section.template);
  const named = (type: string) =>
    new Set(real.filter((section) => typeOf(section) === type).map(({ name }) => name));
  const parts = { auth: named("auth"), aors: named("aor"), outbound_auth: named("auth") };
  const endpoints = named("endpoint");
  const seen = new Map<string, number>();
  for (const section of real) {
    const type = typeOf(section);
    const key = `${type} ${section.name}`;
    const before = seen.get(key);
    if (before !== undefined)
      faults.push({
        file,
        line: section.line,
        reason: `${type} ${section.name} is defined twice, first in line ${before}`,
      });
    seen.set(key, section.line);
    const fault = (setting: Setting | undefined, reason: string) =>
      faults.push({ file, line: setting?.line ?? section.line, reason });
    if (type === "identify") {
      const target = settingOf(section, "endpoint");
      if (!endpoints.has(target?.value ?? ""))
        fault(
          target,
          `identify ${section.name} leads to endpoint ${target?.value}, which is not defined`,
        );
    }
    if (type !== "endpoint") continue;
    if (section.name === "anonymous")
      fault(undefined, "endpoint anonymous would let in callers whom nobody knows");
    const context = settingOf(section, "context");
    if (!contexts.has(context?.value ?? ""))
      fault(
        context,
        `endpoint ${section.name} leads into context ${context?.value ?? "default"}, which does not exist`,
      );
    for (const [part, defined] of Object.entries(parts)) {
      const setting = settingOf(section, part);
      for (const name of list(setting))
        if (!defined.has(name))
          fault(setting, `endpoint ${section.name} names ${part} ${name}, which is not defined`);
    }
    const proven = list(settingOf(section, "auth")).length > 0;
    if (!proven && settingOf(section, "identify_by")?.value !== "ip")
      fault(undefined, `endpoint ${section.name} is known by its name alone and has no password`);
  }
  return faults;
}

/** A queue member that is no endpoint would be rung for ever. */
function checkMembers(queues: readonly Section[], pjsip: readonly Section[]): Finding[] {
  const endpoints = new Set(
    pjsip.filter((section) => typeOf(section) === "endpoint").map(({ name }) => name),
  );
  return queues.flatMap((queue) =>
    queue.settings
      .filter(({ name }) => name === "member")
      .flatMap(({ value, line }) => {
        const device = value.split(",")[0]?.trim() ?? "";
        const endpoint = /^PJSIP\/(.+)$/.exec(device)?.[1];
        if (endpoint !== undefined && endpoints.has(endpoint)) return [];
        const reason = `member ${device} of queue ${queue.name} is no endpoint of pjsip.conf`;
        return [{ file: "queues.conf", line, reason }];
      }),
  );
}

/** Why a secret is too easy to guess; `null` when it is not. */
export function weaknessOf(secret: string, user: string): string | null {
  if (secret.length < 16) return `it has ${secret.length} characters, at least 16 are needed`;
  if (
    user !== "" &&
    secret.toLowerCase().includes(user.toLowerCase()) &&
    secret.length - user.length < 16
  )
    return "it is made from the user's name";
  if (new Set(secret).size < 8) return "it is made of few different characters";
  return null;
}

function checkSecrets(
  pjsip: readonly Section[],
  ari: readonly Section[],
  manager: readonly Section[],
): Finding[] {
  const faults: Finding[] = [];
  const look = (file: string, section: Section, setting: string, user: string) => {
    const secret = settingOf(section, setting);
    const weakness = weaknessOf(secret?.value ?? "", user);
    if (weakness !== null)
      faults.push({
        file,
        line: secret?.line ?? section.line,
        reason: `the secret of ${user || section.name} is weak: ${weakness}`,
      });
  };
  const providers = new Set(pjsip.flatMap((section) => list(settingOf(section, "outbound_auth"))));
  // What a provider gave us cannot be chosen here.
  for (const section of pjsip)
    if (!section.template && typeOf(section) === "auth" && !providers.has(section.name))
      look("pjsip.conf", section, "password", settingOf(section, "username")?.value ?? "");
  for (const section of ari)
    if (typeOf(section) === "user") look("ari.conf", section, "password", section.name);
  for (const section of manager)
    if (section.name !== "general") look("manager.conf", section, "secret", section.name);
  return faults;
}

/** ARI and AMI never listen to everybody. */
function checkAddresses(http: readonly Section[], manager: readonly Section[]): Finding[] {
  const look = (file: string, sections: readonly Section[]) =>
    sections
      .filter(({ name }) => name === "general")
      .flatMap((section) => {
        const address = settingOf(section, "bindaddr");
        if (address !== undefined && !["", "0.0.0.0", "::"].includes(address.value)) return [];
        const reason = "it would listen on every address; name the loopback or a private one";
        return [{ file, line: address?.line ?? section.line, reason }];
      });
  return [...look("http.conf", http), ...look("manager.conf", manager)];
}
