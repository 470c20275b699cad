import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCentre } from "../../src/config.ts";
import { KituoError } from "../../src/domain/errors.ts";
import type { MenuSurroundings } from "../../src/domain/menu-check.ts";
import { findMenuFaults, loadMenus, menuSurroundings } from "../../src/ops/menus/load.ts";
import { promptNames } from "../../src/ops/prompts/catalogue.ts";
import { examples, inMarkedWords, markedFaults } from "../marked.ts";

const here = import.meta.dirname;
const repository = join(here, "../..");
const known: MenuSurroundings = {
  queues: new Set(["support"]),
  prompts: new Map([
    ["en", new Set(["hello", "invalid-key", "english-only"])],
    ["sw", new Set(["hello", "invalid-key"])],
  ]),
  languages: ["en", "sw"],
  entryMenu: "start",
};

describe("menus", () => {
  it.each(examples(join(here, "good")))("takes good/%s", async (name) => {
    const menus = await loadMenus(join(here, "good", name), known);
    expect(menus.has("start")).toBe(true);
  });

  it.each(examples(join(here, "bad")))(
    "finds what is wrong in bad/%s, and nothing else",
    async (name) => {
      const folder = join(here, "bad", name);
      const marked = markedFaults(folder);
      const { faults } = await findMenuFaults(folder, known);
      const found = faults.map((fault) => ({ ...fault, file: basename(fault.file) }));
      expect(marked).not.toHaveLength(0);
      const order = (faults: typeof found) =>
        faults.map(({ file, line, reason }) => `${file}:${line}: ${reason}`).sort();
      expect(order(inMarkedWords(found, marked))).toEqual(order(marked));
    },
  );

  it("tells every fault of every file at once, with file, line and reason", async () => {
    const folder = join(here, "bad", "missing-prompt");
    const refused = await loadMenus(folder, known).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(KituoError);
    const { code, faults } = refused as KituoError;
    expect(code).toBe("config_invalid");
    expect(faults).toHaveLength(4);
    expect(faults[0]).toBe(`${folder}/start.yaml:4: there is no prompt english-only in sw`);
  });

  it("takes the menus that the repository ships, with its centre and prompts", async () => {
    const centre = readCentre(join(repository, "kituo.yaml"));
    const around = menuSurroundings(centre, await promptNames(join(repository, "prompts")));
    const menus = await loadMenus(join(repository, "dialplan/menus"), around);
    expect(menus.get("language")?.keys["2"]).toEqual({ menu: "department", language: "sw" });
    expect(menus.get("department")?.keys["2"]).toEqual({ queue: "support" });
    expect(menus.get("department")?.keys["*"]).toEqual({ menu: "language" });
  });

  it("misses the menu that calls enter at, and knows one that only a number leads to", async () => {
    const folder = join(here, "good", "one-menu");
    const missing = await findMenuFaults(folder, { ...known, entryMenu: "elsewhere" });
    expect(missing.faults.map(({ reason }) => reason)).toContain(
      "calls enter at menu elsewhere, but there is no such menu",
    );
    const dead = join(here, "bad", "dead-menu");
    const direct = await findMenuFaults(dead, { ...known, otherEntries: ["forgotten"] });
    expect(direct.faults).toEqual([]);
  });

  it("refuses a folder that is not there", async () => {
    await expect(loadMenus(join(here, "none"), known)).rejects.toMatchObject({
      code: "config_invalid",
    });
  });
});

describe("a menu file that is not a menu", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kituo-menus-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it.each(["", "just words", "- a\n- list\n", "\u0000\u0001", "menu: &a [*a]\n", "? {}\n: 1\n"])(
    "is refused with a line: %j",
    async (text) => {
      await writeFile(join(folder, "start.yaml"), text);
      const { faults } = await findMenuFaults(folder, known);
      expect(faults.length).toBeGreaterThan(0);
      for (const fault of faults) expect(fault.line).toBeGreaterThan(0);
    },
  );
});
