import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCentre } from "../../src/config.ts";
import { KituoError } from "../../src/domain/errors.ts";
import { home, opsEnvironment } from "../../src/ops/environment.ts";
import { bringUp } from "../../src/ops/instance.ts";
import type { PhoneSite } from "../../src/ops/phones/sipp.ts";
import { ensureRoot } from "../../src/ops/root.ts";
import { openSandbox } from "../../src/ops/sandbox.ts";
import { readSecrets, type Secrets } from "../../src/ops/secrets.ts";
import { readState } from "../../src/ops/state.ts";

/** The contact centre that is put to the test. */
export interface Target {
  readonly url: string;
  readonly phones: PhoneSite;
  readonly secrets: Secrets;
  /** Ends it, if it was brought up for this. */
  release(): Promise<void>;
}

/** A contact centre of our own, gone again afterwards. */
export async function ownTarget(): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), "kituo-smoke-"));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    const instance = await bringUp({
      varFolder: folder,
      centre: readCentre(join(home, "kituo.yaml")),
      otherPorts: "any",
      simulator: true,
      server: true,
      report: (line) => console.error(line),
    });
    const { sandbox, site, secrets, url } = instance;
    return {
      url,
      phones: { sandbox, sipAddress: site.sipAddress, sipPort: site.sipPort },
      secrets,
      release: async () => {
        await instance.stop();
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

/** The contact centre that runs at `url`, on this machine, with its files where KITUO_VAR says. */
export async function runningTarget(url: string): Promise<Target> {
  const { varFolder } = opsEnvironment();
  const state = readState(varFolder);
  if (state === null || new URL(state.url).href !== new URL(url).href)
    throw new KituoError("conflict", `No Kituo of ${varFolder} is up at ${url}.`, [
      "KITUO_VAR names the folder of the one that is meant.",
      "It must let in simulated callers: `kituo up --simulator`.",
    ]);
  const secrets = await readSecrets(state.files.secrets);
  if (secrets === null)
    throw new KituoError("config_invalid", `The secrets, ${state.files.secrets}, are gone.`);
  return {
    url: state.url,
    phones: {
      sandbox: openSandbox(await ensureRoot((line) => console.error(line))),
      sipAddress: state.sip.host === "0.0.0.0" ? "127.0.0.1" : state.sip.host,
      sipPort: state.sip.port,
    },
    secrets,
    release: async () => undefined,
  };
}
