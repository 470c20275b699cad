import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freeSipPort } from "../ports.ts";
import { readWav, type Sound, sine, writeWav } from "./audio.ts";
import { type BaresipEvent, ControlLine } from "./control.ts";
import type { PhoneSite } from "./sipp.ts";

export interface BaresipOptions {
  /** The user part of its address: an extension, or a number outside. */
  readonly user: string;
  /** Registers with this password; absent: does not register. */
  readonly password?: string;
  /** Where SIP is sent from: 127.0.0.2 for a caller outside. */
  readonly address: string;
  /** The tone it says all the time; 0 is silence. */
  readonly toneHz?: number;
}

/** A telephone with a human's freedom: calls, answers, presses keys and hangs up when it is told to, and really hears. */
export interface Baresip {
  readonly user: string;
  /** Everything it told, in order. */
  readonly events: readonly BaresipEvent[];
  /** Settles with the first event of a type that was not awaited before, past or to come. */
  event(type: string, withinMs?: number): Promise<BaresipEvent>;
  dial(number: string): Promise<void>;
  answer(): Promise<void>;
  hangup(): Promise<void>;
  /** Refuses the call that rings (486). */
  refuse(): Promise<void>;
  press(keys: string): Promise<void>;
  /** What it has heard in its last call; settles when that call is over. */
  heard(): Promise<Sound>;
  /** The SIP messages it saw, as text. */
  said(): string;
  stop(): Promise<void>;
}

const toneMs = 120_000;

/** Starts a telephone; one with a password is registered when this settles. */
export async function startBaresip(site: PhoneSite, options: BaresipOptions): Promise<Baresip> {
  const folder = await mkdtemp(join(tmpdir(), "kituo-baresip-"));
  const control = await freeTcpPort();
  const sip = await freeSipPort(options.address);
  const server = `${site.sipAddress}:${site.sipPort}`;
  const tone = join(folder, "tone.wav");
  const heard = join(folder, "heard.wav");
  await writeFile(tone, writeWav(sine(options.toneHz ?? 0, toneMs)));
  await writeFile(join(folder, "config"), configFile({ ...options, sip, control, tone, heard }));
  await writeFile(join(folder, "accounts"), accountFile(options, server));
  await writeFile(join(folder, "contacts"), "");
  const child = site.sandbox.spawn("baresip", ["-4", "-s", "-f", folder], {
    binds: [folder],
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const registered = Promise.withResolvers<void>();
  // Whoever starts a phone that registers waits for it.
  registered.promise.catch(() => undefined);
  const listen = (text: string) => {
    said += text;
    // It may have registered before anybody was connected to hear it told as an event.
    if (/\(prio \d+\) \S+ 200 OK/.test(said)) registered.resolve();
    // It would try for ever; the first challenge is the usual one.
    else if (said.split("SIP/2.0 401 ").length > 3)
      registered.reject(new Error(`${options.user} was not let in`));
  };
  child.stdout?.setEncoding("utf8").on("data", listen);
  child.stderr?.setEncoding("utf8").on("data", listen);
  const gone = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("close", (status) =>
      reject(new Error(`baresip of ${options.user} ended with status ${status}:\n${said}`)),
    );
  });
  // Whoever waits for something sees this; when nobody does, its end is not an error.
  gone.catch(() => undefined);
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));

  const socket = await Promise.race([connected(control), gone]);
  const line = new ControlLine(socket);
  const command = (name: string, params = "") => Promise.race([line.ask(name, params), gone]);
  const soon = async <T>(what: string, coming: Promise<T>, withinMs = 15_000): Promise<T> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () =>
        late.reject(new Error(`${options.user}: no ${what} in ${withinMs} ms; it said\n${said}`)),
      withinMs,
    );
    try {
      return await Promise.race([coming, gone, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
  // Until the other side has answered its INVITE somehow, baresip has no call that could be hung up.
  const inCall = ["CALL_INCOMING", "CALL_RINGING", "CALL_PROGRESS", "CALL_ESTABLISHED"];
  let dialledAt = 0;
  const phone: Baresip = {
    user: options.user,
    events: line.events,
    event: (type, withinMs) => soon(type, line.event(type), withinMs),
    dial: async (number) => {
      await rm(heard, { force: true });
      dialledAt = line.events.length;
      await command("dial", `sip:${number}@${server}`);
    },
    answer: async () => {
      await rm(heard, { force: true });
      await command("accept");
    },
    hangup: async () => {
      await soon("call to hang up", line.seen(inCall, dialledAt));
      await command("hangup");
    },
    refuse: () => command("hangup"),
    press: async (keys) => {
      for (const key of keys) await command("sndcode", key);
    },
    heard: () => soon("sound", wholeSound(heard)),
    said: () => said,
    stop: async () => {
      socket.destroy();
      child.kill("SIGTERM");
      const slow = setTimeout(() => child.kill("SIGKILL"), 3_000);
      await closed;
      clearTimeout(slow);
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    if (options.password !== undefined) await soon("registration", registered.promise);
    return phone;
  } catch (error) {
    await phone.stop();
    throw error;
  }
}

function accountFile(options: BaresipOptions, server: string): string {
  const { user, password, address } = options;
  const settings = ["answermode=manual", "audio_codecs=PCMA", "dtmfmode=rtpevent", "ptime=20"];
  return password === undefined
    ? `<sip:${user}@${address}>;regint=0;${settings.join(";")}\n`
    : `<sip:${user}@${server}>;auth_user=${user};auth_pass=${password};regint=60;${settings.join(";")}\n`;
}

function configFile(options: {
  readonly address: string;
  readonly sip: number;
  readonly control: number;
  readonly tone: string;
  readonly heard: string;
}): string {
  return [
    "module_path /usr/lib/baresip/modules",
    "module g711.so",
    "module aufile.so",
    "module_app account.so",
    "module_app menu.so",
    "module_app ctrl_tcp.so",
    `ctrl_tcp_listen 127.0.0.1:${options.control}`,
    `sip_listen ${options.address}:${options.sip}`,
    `audio_source aufile,${options.tone}`,
    `audio_player aufile,${options.heard}`,
    // A tone of its own, played while it rings, would go to the same file.
    ...["ring", "ringback", "busy", "error", "notfound"].map((tone) => `${tone}_aufile none`),
    "ausrc_srate 8000",
    "auplay_srate 8000",
    "ausrc_channels 1",
    "auplay_channels 1",
    "rtp_ports 20000-39998",
    "call_max_calls 4",
    "",
  ].join("\n");
}

/** Reads the file once it is there: baresip writes it when the call is over. */
async function wholeSound(file: string): Promise<Sound> {
  for (;;) {
    const bytes = await readFile(file).catch(() => new Uint8Array(0));
    const sound = bytes.length < 12 ? null : readWav(bytes);
    if (sound !== null && sound.samples.length > 0) return sound;
    await pause(20);
  }
}

async function freeTcpPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

/** Connects as soon as the port is listened at. */
async function connected(port: number): Promise<Socket> {
  for (let tries = 1; ; tries += 1) {
    const socket = connect(port, "127.0.0.1");
    const up = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    if (up) return socket;
    if (tries === 200) throw new Error(`nothing listens at port ${port}`);
    await pause(25);
  }
}
