import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { partStates, parts } from "../../src/domain/health.ts";
import { rows } from "../chaos/table.ts";

const text = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");

/** The rows that the last column of each fault table names. */
const named = text
  .split("\n")
  .filter((line) => line.startsWith("|") && line.split("|").length === 7)
  .flatMap((line) => [...(line.split("|")[5] ?? "").matchAll(/`([a-z0-9-]+)`/g)])
  .map(([, name]) => name ?? "");

describe("docs/operations.md", () => {
  it("tells of every fault that can be brought about, and of none that cannot", () => {
    const breaking = rows.map(({ name }) => name).filter((name) => name !== "calm");
    expect(new Set(named)).toEqual(new Set(breaking));
  });

  it("explains every part and every state of /health", () => {
    for (const word of [...parts, ...partStates]) expect(text).toContain(`\`${word}\``);
  });

  it("links only to what is there", () => {
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, "")
        .replaceAll(" ", "-"),
    );
    for (const [, anchor] of text.matchAll(/\]\(#([^)]+)\)/g)) expect(headings).toContain(anchor);
  });
});
