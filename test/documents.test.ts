import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const home = join(import.meta.dirname, "..");
const folders = [".", "docs"];

/** What a page of ours links to inside the repository, without the place in it. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(join(home, page), "utf8");
  return Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:|^#/.test(target))
    .map((target) => target.replace(/#.*$/, ""));
}

describe("the documents", async () => {
  const listed = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(home, folder)))
        .filter((name) => name.endsWith(".md"))
        .map((name) => join(folder, name)),
    ),
  );
  it.each(listed.flat())("%s links to what exists", (page) => {
    const dead = linksOf(page).filter((link) => !existsSync(join(home, dirname(page), link)));
    expect(dead).toEqual([]);
  });
});
