import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildPrompts } from "../../src/ops/prompts/build.ts";
import { holdMusic, sampleRate, tone, wav } from "../../src/ops/prompts/sound.ts";

let folder = "";
let runs: string[][] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kituo-build-"));
  runs = [];
  await write(
    "prompts/en/catalogue.yaml",
    "hello: Hello.\nbeep: { text: tone, tone: { hz: 1000, ms: 300 } }\n",
  );
  await write(
    "prompts/sw/catalogue.yaml",
    'place: { text: "Nambari {n}.", each: { from: 1, to: 2 } }\n',
  );
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function write(file: string, content: string): Promise<void> {
  await mkdir(join(folder, file, ".."), { recursive: true });
  await writeFile(join(folder, file), content);
}

/** Says each text by writing it down: what was to be said can then be read in the sound's place. */
const sandbox = {
  run: async (_command: string, _args: readonly string[], options: { cwd?: string } = {}) => {
    const work = options.cwd ?? "";
    const jobs = (await readFile(join(work, "jobs"), "utf8")).trim().split("\n");
    runs.push(jobs);
    for (const job of jobs) {
      const [number = "", voice = ""] = job.split(" ");
      const source = voice === "-" ? `${number}.in.wav` : `${number}.txt`;
      await writeFile(
        join(work, `${number}.wav`),
        `${voice}|${await readFile(join(work, source), "utf8")}`,
      );
    }
    return "";
  },
};

const build = () =>
  buildPrompts({
    sandbox,
    promptsFolder: join(folder, "prompts"),
    outFolder: join(folder, "out/sounds"),
  });
const sound = (file: string) => readFile(join(folder, "out", file), "utf8");

describe("building prompts", () => {
  it("makes a sound of everything, in one run, each in its language's voice", async () => {
    expect(await build()).toBe(5);
    expect(runs).toHaveLength(1);
    expect(await sound("sounds/en/kituo/hello.wav")).toBe("en-gb|Hello.");
    expect(await sound("sounds/sw/kituo/place-2.wav")).toBe("sw|Nambari 2.");
    for (const file of ["sounds/en/kituo/beep.wav", "moh/kituo.wav"])
      expect((await sound(file)).startsWith("RIFF")).toBe(true);
  });

  it("does nothing the second time", async () => {
    await build();
    const before = await stat(join(folder, "out/sounds/built.json"));
    expect(await build()).toBe(0);
    expect(runs).toHaveLength(1);
    expect((await stat(join(folder, "out/sounds/built.json"))).mtimeMs).toBe(before.mtimeMs);
  });

  it("makes again what changed or was lost, takes a recording over speech, and drops what is no more", async () => {
    await build();
    await write("prompts/en/catalogue.yaml", "hello: Hello!\n");
    await write("prompts/sw/recordings/place-1.wav", "a voice");
    await rm(join(folder, "out/sounds/sw/kituo/place-2.wav"));
    expect(await build()).toBe(3);
    expect(await sound("sounds/en/kituo/hello.wav")).toBe("en-gb|Hello!");
    expect(await sound("sounds/sw/kituo/place-1.wav")).toBe("-|a voice");
    expect(await sound("sounds/sw/kituo/place-2.wav")).toBe("sw|Nambari 2.");
    expect(await readdir(join(folder, "out/sounds/en/kituo"))).toEqual(["hello.wav"]);
  });

  it("leaves the old sounds and no scratch files when speaking fails", async () => {
    await build();
    await write("prompts/en/catalogue.yaml", "hello: Changed.\n");
    const broken = { run: () => Promise.reject(new Error("no espeak-ng")) };
    await expect(
      buildPrompts({
        sandbox: broken,
        promptsFolder: join(folder, "prompts"),
        outFolder: join(folder, "out/sounds"),
      }),
    ).rejects.toThrow("no espeak-ng");
    expect(await sound("sounds/en/kituo/hello.wav")).toBe("en-gb|Hello.");
    expect((await readdir(join(folder, "out/sounds"))).sort()).toEqual(["built.json", "en", "sw"]);
  });
});

describe("sounds of our own", () => {
  const level = (samples: Float64Array) =>
    Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

  it("play music that is there all the time, is never loud and has no seam", () => {
    const music = holdMusic();
    expect(music.length / sampleRate).toBe(48);
    for (let second = 0; second < 48; second += 1)
      expect(level(music.subarray(second * sampleRate, (second + 1) * sampleRate))).toBeGreaterThan(
        0.01,
      );
    expect(music.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)).toBeLessThan(0.3);
    expect(Math.abs((music.at(-1) ?? 0) - (music[0] ?? 0))).toBeLessThan(0.02);
  });

  it("beep for as long as asked, and are WAV files of 8 kHz, 16 bits, one channel", () => {
    const beep = tone(1_000, 300);
    expect(beep).toHaveLength(2_400);
    expect(level(beep)).toBeGreaterThan(0.15);
    const header = Buffer.from(wav(beep).subarray(0, 44));
    expect(header.readUInt32LE(24)).toBe(8_000);
    expect(header.readUInt16LE(22)).toBe(1);
    expect(header.readUInt16LE(34)).toBe(16);
    expect(header.readUInt32LE(40)).toBe(4_800);
  });
});
