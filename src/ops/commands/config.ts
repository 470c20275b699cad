import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { checkConfig } from "../config/check.ts";
import { renderAsterisk } from "../config/render.ts";
import type { Site, SiteFolders } from "../config/site.ts";
import { opsEnvironment } from "../environment.ts";
import { promptNames } from "../prompts/catalogue.ts";
import { ensureSecrets } from "../secrets.ts";
import { conclude, type Surroundings, surroundings } from "./surroundings.ts";

interface SiteOptions {
  readonly sipAddress: string;
  readonly controlAddress: string;
  readonly sipPort: number;
  readonly ariPort: number;
  readonly amiPort: number;
  readonly rtpFrom: number;
  readonly rtpTo: number;
  readonly folder: Partial<SiteFolders>;
}

/** Where Debian's own Asterisk has its folders. */
const debianFolders: SiteFolders = {
  etc: "/etc/asterisk",
  modules: "/usr/lib/x86_64-linux-gnu/asterisk/modules",
  data: "/usr/share/asterisk",
  db: "/var/lib/asterisk",
  keys: "/var/lib/asterisk",
  spool: "/var/spool/asterisk",
  run: "/var/run/asterisk",
  log: "/var/log/asterisk",
};

/** `kituo config`: Asterisk's configuration. */
export function config(): Command {
  const command = new Command("config").description("render and check Asterisk's configuration");
  withSite(command.command("render"))
    .description("write Asterisk's configuration, made from kituo.yaml and the templates")
    .requiredOption("--out <folder>", "where the files go")
    .action(async (options: SiteOptions & { readonly out: string }) => {
      const files = await render(surroundings(), options);
      await mkdir(options.out, { recursive: true });
      // The files hold passwords: their owner and Asterisk's group read them, nobody else.
      for (const [file, content] of files)
        await writeFile(join(options.out, file), content, { mode: 0o640 });
      console.log(`${files.size} files written to ${options.out}.`);
    });
  withSite(command.command("check"))
    .description("find faults in a rendered configuration before Asterisk does")
    .argument("[folder]", "rendered files; when none is named, they are rendered afresh")
    .action(async (folder: string | undefined, options: SiteOptions) => {
      const around = surroundings();
      const files = folder === undefined ? await render(around, options) : await readFolder(folder);
      conclude(checkConfig(files, { prompts: await commonPrompts(around) }), `${files.size} files`);
    });
  return command;
}

function withSite(command: Command): Command {
  return command
    .option("--sip-address <address>", "what SIP binds to", "0.0.0.0")
    .option("--control-address <address>", "what ARI and AMI bind to", "127.0.0.1")
    .option("--sip-port <number>", "UDP and TCP", port, 5060)
    .option("--ari-port <number>", "ARI, and SIP over WebSocket", port, 8088)
    .option("--ami-port <number>", "the manager interface", port, 5038)
    .option("--rtp-from <number>", "the first port for audio", port, 10_000)
    .option("--rtp-to <number>", "the last port for audio", port, 20_000)
    .option(
      "--folder <name=path>",
      `where Asterisk has a folder: ${Object.keys(debianFolders).join(", ")}; can be given often`,
      folderOption,
      {},
    );
}

function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw new InvalidArgumentError("It is a number from 1 to 65535.");
}

function folderOption(text: string, before: Partial<SiteFolders>): Partial<SiteFolders> {
  const [name = "", path = ""] = text.split(/=(.*)/s);
  if (!(name in debianFolders) || !path.startsWith("/"))
    throw new InvalidArgumentError(
      `It is NAME=/PATH, the name one of ${Object.keys(debianFolders).join(", ")}.`,
    );
  return { ...before, [name]: path };
}

async function render(around: Surroundings, options: SiteOptions) {
  const { varFolder, all } = opsEnvironment();
  const secrets = await ensureSecrets(varFolder, around.centre, all);
  const { sipAddress, controlAddress, sipPort, ariPort, amiPort, rtpFrom, rtpTo } = options;
  const folders = { ...debianFolders, ...options.folder };
  const hash = createHash("sha256").update(`${hostname()} ${folders.etc} ${sipPort}`).digest("hex");
  const site: Site = {
    sipAddress,
    controlAddress,
    sipPort,
    httpPort: ariPort,
    amiPort,
    rtpFrom,
    rtpTo,
    folders,
    secrets: secrets.site,
    // The first pair's 02 marks an address that no manufacturer gave out.
    entityId: ["02", ...(hash.match(/../g) ?? []).slice(0, 5)].join(":"),
  };
  return renderAsterisk(around.centre, site);
}

async function readFolder(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".conf"));
  const read = names.map(
    async (name) => [name, await readFile(join(folder, name), "utf8")] as const,
  );
  return new Map(await Promise.all(read));
}

/** The prompts that each of the centre's languages has. */
async function commonPrompts({ centre, promptsFolder }: Surroundings): Promise<Set<string>> {
  const names = await promptNames(promptsFolder);
  const sets = centre.languages.map((language) => names.get(language) ?? new Set<string>());
  const [first = new Set<string>(), ...rest] = sets;
  return new Set([...first].filter((name) => rest.every((set) => set.has(name))));
}
