import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Centre, extensionsOf } from "../../domain/centre.ts";
import { KituoError } from "../../domain/errors.ts";
import { recordingsFolder } from "../asterisk.ts";
import type { Site } from "./site.ts";
import { fillTemplate, type TemplateValues } from "./template.ts";

const root = join(import.meta.dirname, "../../..");
const templates = { config: join(root, "asterisk-config"), dialplan: join(root, "dialplan") };

/** The native queue for callers whose department is not known. */
const fallbackQueue = "fallback";

/**
 * Renders Asterisk's whole configuration: file name to content, every file that Asterisk needs and none that it does
 * not. The same centre and site always give the same text. Throws `config_invalid` with every fault found.
 */
export function renderAsterisk(centre: Centre, site: Site): ReadonlyMap<string, string> {
  const faults: string[] = [];
  const values = valuesByFile(centre, site, faults);
  if (faults.length > 0)
    throw new KituoError("config_invalid", "Asterisk's configuration cannot be rendered", faults);
  const files = new Map<string, string>();
  const sources = readdirSync(templates.config)
    .filter((file) => file.endsWith(".conf"))
    .map((file) => [file, join(templates.config, file)] as const);
  for (const [file, path] of [
    ...sources,
    ["extensions.conf", join(templates.dialplan, "extensions.conf")] as const,
  ])
    files.set(file, fillTemplate(file, readFileSync(path, "utf8"), values[file] ?? {}));
  return files;
}

/** What each template is filled with; a file that is not named here has no placeholders. */
function valuesByFile(
  centre: Centre,
  site: Site,
  faults: string[],
): Record<string, TemplateValues> {
  const { folders, secrets } = site;
  const language = centre.languages[0] ?? "en";
  return {
    "asterisk.conf": {
      ...folders,
      entityId: site.entityId,
      language,
    },
    "modules.conf": { registration: centre.trunks.some((trunk) => trunk.register) ? [{}] : [] },
    "pjsip.conf": {
      sipAddress: site.sipAddress,
      sipPort: site.sipPort,
      language,
      phones: phones(centre, site, faults),
      trunks: trunks(centre, site, faults),
    },
    "ari.conf": { user: secrets.ariUser, password: secrets.ariPassword },
    "http.conf": { controlAddress: site.controlAddress, httpPort: site.httpPort },
    "manager.conf": {
      controlAddress: site.controlAddress,
      amiPort: site.amiPort,
      user: secrets.amiUser,
      password: secrets.amiPassword,
      permits: permits(site.controlAddress),
    },
    "rtp.conf": { rtpFrom: site.rtpFrom, rtpTo: site.rtpTo },
    "musiconhold.conf": { data: folders.data },
    "queues.conf": queues(centre),
    "extensions.conf": {
      holdS: Math.ceil(centre.holdMs / 1_000),
      recordings: recordingsFolder(site),
      phones: extensionsOf(centre).map((extension) => ({ extension })),
    },
  };
}

/** One entry per extension, whether or not an agent has it. */
function phones(centre: Centre, site: Site, faults: string[]): TemplateValues[] {
  return extensionsOf(centre).map((extension) => {
    const password = site.secrets.extensions[extension] ?? "";
    if (password === "") faults.push(`the site has no secret for extension ${extension}`);
    const agent = centre.agents.find((candidate) => candidate.extension === extension);
    return { extension, password, name: plain(agent?.name ?? `Extension ${extension}`) };
  });
}

function trunks(centre: Centre, site: Site, faults: string[]): TemplateValues[] {
  return centre.trunks.map((trunk) => {
    // Everything from this address is let in without a password, so it must be an address and nothing else.
    if (!/^[A-Za-z0-9_.:[\]/-]+$/.test(trunk.host))
      faults.push(`trunk ${trunk.name}: "${trunk.host}" is not a host, an address or a network`);
    const password = site.secrets.trunks?.[trunk.name];
    if (trunk.username !== undefined && password === undefined)
      faults.push(`trunk ${trunk.name} has a user name but the site has no password for it`);
    if (trunk.register && trunk.username === undefined)
      faults.push(`trunk ${trunk.name} is to register but has no username`);
    const account =
      trunk.username === undefined ? [] : [{ username: trunk.username, password: password ?? "" }];
    return {
      trunk: trunk.name,
      host: trunk.host,
      port: trunk.port === undefined ? "" : `:${trunk.port}`,
      // A network (10.0.0.0/8) can be matched but not called.
      contacts: trunk.host.includes("/") ? [] : [{}],
      accounts: account,
      outbound: account.length > 0 ? [{}] : [],
      registrations:
        trunk.register && trunk.username !== undefined ? [{ client: trunk.username }] : [],
    };
  });
}

/** The native queues: each department, and `fallback`, which every agent serves. */
function queues(centre: Centre): TemplateValues {
  const members = (name: string | null) =>
    centre.agents
      .filter((agent) => name === null || agent.queues.includes(name))
      .map((agent) => ({ extension: agent.extension, agent: plain(agent.name) }));
  const seconds = (milliseconds: number) => Math.ceil(milliseconds / 1_000);
  const departments = centre.queues.map((queue) => ({
    queue: queue.name,
    ringS: seconds(queue.ringMs),
    wrapUpS: seconds(queue.wrapUpMs),
    weight: queue.weight,
    members: members(queue.name),
  }));
  const slowest = (pick: (queue: (typeof departments)[number]) => number) =>
    Math.max(...departments.map(pick));
  return {
    queues: [
      {
        queue: fallbackQueue,
        ringS: slowest((queue) => queue.ringS),
        wrapUpS: slowest((queue) => queue.wrapUpS),
        weight: 0,
        members: members(null),
      },
      ...departments,
    ],
  };
}

/** Who may reach the manager interface: this machine, and, where it is bound to a private net, that net's machines. */
function permits(controlAddress: string): TemplateValues[] {
  const loopback = [{ network: "127.0.0.0/255.0.0.0" }, { network: "::1" }];
  if (controlAddress.startsWith("127.") || controlAddress === "::1") return loopback;
  return [
    ...loopback,
    { network: "10.0.0.0/255.0.0.0" },
    { network: "172.16.0.0/255.240.0.0" },
    { network: "192.168.0.0/255.255.0.0" },
  ];
}

/** A name for people without the characters that mean something to Asterisk's configuration. */
function plain(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N} .'-]/gu, " ").trim();
}
