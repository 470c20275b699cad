import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AudioArchive } from "../../src/ports/audio.ts";
import { openArchive } from "../../src/store/archive.ts";

let outside: string;
let folder: string;
let archive: AudioArchive;

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), "kituo-archive-"));
  folder = join(outside, "recordings");
  archive = openArchive(folder);
});
afterEach(() => rm(outside, { recursive: true, force: true }));

describe("the archive of recordings", () => {
  it("keeps bytes under a name in folders, and says their size and SHA-256", async () => {
    const bytes = randomBytes(100_000);
    const kept = await archive.keep("2026/11/20/CALL-A1B2C3D4.wav", bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(kept).toEqual({ bytes: 100_000, sha256 });
    expect(Buffer.from((await archive.read("2026/11/20/CALL-A1B2C3D4.wav")) ?? [])).toEqual(bytes);
    expect(await readdir(join(folder, "2026/11/20"))).toEqual(["CALL-A1B2C3D4.wav"]);
  });

  it("has nothing under a name that was never kept", async () => {
    expect(await archive.read("none.wav")).toBeNull();
    expect(await archive.read("no/such/folder/none.wav")).toBeNull();
  });

  it("shows a reader the old bytes or the new ones, never a part", async () => {
    const versions = [1, 2].map((fill) => Buffer.alloc(2_000_000, fill));
    await archive.keep("a.wav", versions[0] ?? Buffer.alloc(0));
    let writing = true;
    const writer = (async () => {
      for (let round = 0; round < 10; round += 1) {
        await archive.keep("a.wav", versions[round % 2] ?? Buffer.alloc(0));
      }
      writing = false;
    })();
    while (writing) {
      const seen = Buffer.from((await archive.read("a.wav")) ?? []);
      expect(versions.some((version) => version.equals(seen))).toBe(true);
    }
    await writer;
  });

  it.each([
    "../a.wav",
    "a/../../b.wav",
    "/etc/passwd",
    "",
    "a//b",
    ".",
    "a/.hidden",
    "a\\..\\b",
    "a\0b",
  ])("refuses the name %j", async (name) => {
    await expect(archive.keep(name, new Uint8Array(1))).rejects.toMatchObject({
      code: "bad_request",
    });
    await expect(archive.read(name)).rejects.toMatchObject({ code: "bad_request" });
    expect(await readdir(outside)).toEqual([]);
  });

  it("refuses to go through a link that leads out of its folder", async () => {
    await archive.keep("a.wav", new Uint8Array(1));
    await writeFile(join(outside, "secret"), "x");
    await symlink(outside, join(folder, "way-out"));
    await expect(archive.read("way-out/secret")).rejects.toMatchObject({ code: "bad_request" });
    await expect(archive.keep("way-out/b.wav", new Uint8Array(1))).rejects.toMatchObject({
      code: "bad_request",
    });
    expect(await readdir(outside)).toEqual(["recordings", "secret"]);
  });

  it("takes bytes away for good, and nothing else", async () => {
    await archive.keep("2026/a.wav", new Uint8Array(1));
    await archive.keep("2026/b.wav", new Uint8Array(2));
    for (const file of ["2026/a.wav", "2026/a.wav", "2025/none.wav"]) await archive.remove(file);
    expect(await archive.read("2026/a.wav")).toBeNull();
    expect(await readdir(join(folder, "2026"))).toEqual(["b.wav"]);
    await writeFile(join(outside, "secret"), "secret");
    await symlink(outside, join(folder, "way-out"));
    for (const file of ["way-out/secret", "../secret"]) {
      await expect(archive.remove(file)).rejects.toMatchObject({ code: "bad_request" });
    }
    expect(await readdir(outside)).toContain("secret");
  });

  it("leaves no part of a file that could not be written", async () => {
    await archive.keep("folder/a.wav", new Uint8Array(1));
    await expect(archive.keep("folder", new Uint8Array(1))).rejects.toMatchObject({
      code: "store_down",
    });
    expect(await readdir(folder)).toEqual(["folder"]);
  });
});
