import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { promptsOfCalls } from "../../src/domain/prompt.ts";

const flows = join(import.meta.dirname, "../../src/flows");

/** Every name in what a flow plays: arguments of `playThrough`, `speak`, `play` and `refuse`, and `prompt:` values. */
function played(source: string): string[] {
  const spoken = source.matchAll(/(?:playThrough|speak|\.play|refuse)\(([^;]*?)\)[;,]/gs);
  const chosen = source.matchAll(/prompt(?: =|:)([^;\n}]*)/g);
  return [...spoken, ...chosen].flatMap(([, text = ""]) =>
    [...text.matchAll(/(?:\[|\? |: |, |call, |^ ?)"([a-z][a-z-]+)"/g)].map(
      (match) => match[1] ?? "",
    ),
  );
}

describe("the prompts that calls play", () => {
  const names = readdirSync(flows).flatMap((file) =>
    played(readFileSync(join(flows, file), "utf8")),
  );

  it("are found in the flows at all", () => {
    const some = ["signed-in", "no-agents", "not-available", "leave-message", "goodbye"];
    expect(names).toEqual(expect.arrayContaining(some));
  });

  it("are all listed, so that a catalogue that lacks one is refused before a caller hears silence", () => {
    const reasons = new Set(["busy", "unreachable"]);
    const unlisted = names.filter((name) => !promptsOfCalls.includes(name) && !reasons.has(name));
    expect(unlisted).toEqual([]);
  });
});
