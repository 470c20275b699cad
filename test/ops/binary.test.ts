import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asteriskVersion, atLeast, chooseAsterisk } from "../../src/ops/binary.ts";
import { opsEnvironment } from "../../src/ops/environment.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kituo-binary-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A program that says that it is this Asterisk. */
function pretend(name: string, printed: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho '${printed}'\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("which Asterisk is used", () => {
  it("goes by its version, number by number", () => {
    expect(asteriskVersion("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1\n")).toBe("22.10.1");
    expect(asteriskVersion("Asterisk 22.9.0~dfsg\n")).toBe("22.9.0");
    expect(asteriskVersion("Asterisk certified/22.10\n")).toBe("22.10");
    expect(asteriskVersion("Usage: ls\n")).toBeNull();
    expect(atLeast("22.9.0", "22.10.0")).toBe(false);
    expect(atLeast("22.10.0", "22.10.0")).toBe(true);
    expect(atLeast("23.0.0", "22.10.0")).toBe(true);
    expect(atLeast("22.10", "22.10.0")).toBe(true);
    expect(atLeast("9.99.99", "22.10.0")).toBe(false);
  });

  it("is the named one, or an error that names both versions", async () => {
    const good = pretend("good", "Asterisk 22.11.0");
    const old = pretend("old", "Asterisk 20.5.2");
    expect(await chooseAsterisk(opsEnvironment({ KITUO_ASTERISK: good }))).toEqual({
      kind: "installed",
      path: good,
      version: "22.11.0",
    });
    await expect(chooseAsterisk(opsEnvironment({ KITUO_ASTERISK: old }))).rejects.toThrow(
      "is Asterisk 20.5.2; Kituo needs 22.10.0",
    );
    await expect(chooseAsterisk(opsEnvironment({ KITUO_ASTERISK: "/nowhere" }))).rejects.toThrow(
      "/nowhere, named by KITUO_ASTERISK, is not an Asterisk",
    );
  });

  it("is an installed one that is new enough, else the private root's", async () => {
    const path = pretend("asterisk", "Asterisk 18.1.0");
    expect(await chooseAsterisk(opsEnvironment({ PATH: folder }))).toEqual({ kind: "root" });
    pretend("asterisk", "Asterisk 22.10.0");
    expect(await chooseAsterisk(opsEnvironment({ PATH: folder }))).toEqual({
      kind: "installed",
      path,
      version: "22.10.0",
    });
  });
});
