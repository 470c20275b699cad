import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Centre, centreSchema } from "../../src/domain/centre.ts";
import { asteriskHome, asteriskSite, startAsterisk } from "../../src/ops/asterisk.ts";
import { chooseAsterisk } from "../../src/ops/binary.ts";
import { renderAsterisk } from "../../src/ops/config/render.ts";
import type { Site } from "../../src/ops/config/site.ts";
import { opsEnvironment } from "../../src/ops/environment.ts";
import type { Part } from "../../src/ops/part.ts";
import { outsideAddress } from "../../src/ops/phones/callers.ts";
import { freePort, type PhoneSite } from "../../src/ops/phones/sipp.ts";
import { pickPorts } from "../../src/ops/ports.ts";
import { ensureRoot } from "../../src/ops/root.ts";
import { openSandbox } from "../../src/ops/sandbox.ts";
import { completeSecrets } from "../../src/ops/secrets.ts";

/** A real Asterisk with Kituo's own configuration and two prompts, and nothing else of Kituo. */
export interface Exchange {
  readonly site: Site;
  readonly phones: PhoneSite;
  /** Where whoever is called outside listens, at `outsideAddress`. */
  readonly outsidePort: number;
  /** The running Asterisk; another one after `restart`. */
  readonly asterisk: Part;
  /** Kills it, as a power cut would, and starts it anew. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** `outsidePort`: where whoever is called outside listens. */
const centreWith = (outsidePort: number): Centre =>
  centreSchema.parse({
    queues: [{ name: "support", title: "Support" }],
    agents: [],
    trunks: [{ name: "simulator", host: outsideAddress, port: outsidePort }],
  });

/** A WAV file of a tone: 16 bit, 8 kHz, one channel. */
function tone(seconds: number): Uint8Array {
  const samples = seconds * 8_000;
  const bytes = Buffer.alloc(44 + samples * 2);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(36 + samples * 2, 4);
  bytes.write("WAVEfmt ", 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8_000, 24);
  bytes.writeUInt32LE(16_000, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(samples * 2, 40);
  for (let index = 0; index < samples; index += 1) {
    bytes.writeInt16LE(Math.round(8_000 * Math.sin(index / 2)), 44 + index * 2);
  }
  return bytes;
}

export async function startExchange(): Promise<Exchange> {
  const folder = await mkdtemp(join(tmpdir(), "kituo-exchange-"));
  // Asterisk's own user has to get at what lies below.
  await chmod(folder, 0o755);
  const media = join(folder, "media");
  await mkdir(join(media, "sounds/en/kituo"), { recursive: true });
  await mkdir(join(media, "moh"), { recursive: true });
  await writeFile(join(media, "sounds/en/kituo/short.wav"), tone(0.4));
  await writeFile(join(media, "sounds/en/kituo/long.wav"), tone(15));
  await writeFile(join(media, "moh/music.wav"), tone(5));

  const sandbox = openSandbox(await ensureRoot(() => undefined));
  const loopback = "127.0.0.1";
  const ports = await pickPorts({
    named: {},
    others: "any",
    addresses: { http: loopback, sip: loopback, ari: loopback, ami: loopback, redis: loopback },
  });
  const outsidePort = await freePort(outsideAddress);
  const centre = centreWith(outsidePort);
  const home = asteriskHome(await chooseAsterisk(opsEnvironment()), () => sandbox);
  const { site: secrets } = completeSecrets(null, centre, {});
  const place = { folder: join(folder, "asterisk"), ports, sipAddress: loopback, secrets };
  const site = asteriskSite(home, place);
  const start = () =>
    startAsterisk({
      home,
      folder: place.folder,
      site,
      files: renderAsterisk(centre, site),
      builtPrompts: media,
      log: join(folder, "asterisk.log"),
    });
  const remove = () => rm(folder, { recursive: true, force: true });
  let asterisk = await start().catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return {
    site,
    phones: { sandbox, sipAddress: loopback, sipPort: ports.sip },
    outsidePort,
    get asterisk() {
      return asterisk;
    },
    async restart() {
      asterisk.signal("SIGKILL");
      await asterisk.ended;
      asterisk = await start();
    },
    async stop() {
      await asterisk.stop();
      await remove();
    },
  };
}
