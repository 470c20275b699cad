import { describe, expect, it } from "vitest";
import {
  freshPatience,
  type Input,
  menuSchema,
  type Patience,
  press,
} from "../../src/domain/ivr.ts";

const menu = menuSchema.parse({
  menu: "department",
  prompts: ["choose-department"],
  keys: { 1: { queue: "sales" }, 9: { repeat: true }, "*": { menu: "language" } },
  noInput: { tries: 3, prompt: "no-input", then: { queue: "support" } },
  invalid: { tries: 2, then: { hangup: "goodbye" } },
  error: { voicemail: "support" },
});

/** What follows when a caller does these things one after another. */
function walk(...inputs: Input[]) {
  let patience: Patience = freshPatience;
  const told: (string | null)[] = [];
  for (const input of inputs) {
    const step = press(menu, patience, input);
    if (step.do === "exit") return { exit: step.exit, told };
    patience = step.patience;
    told.push(step.prompt);
  }
  return { exit: null, told };
}

describe("a menu", () => {
  it("leads where the key says", () => {
    expect(walk({ key: "1" }).exit).toEqual({ queue: "sales" });
    expect(walk({ key: "*" }).exit).toEqual({ menu: "language" });
  });

  it("is played again after silence, with a word about it, and is left after the last try", () => {
    expect(walk("silence", "silence")).toEqual({ exit: null, told: ["no-input", "no-input"] });
    expect(walk("silence", "silence", "silence").exit).toEqual({ queue: "support" });
  });

  it("tells of a wrong key and is left after the last try", () => {
    expect(walk({ key: "7" })).toEqual({ exit: null, told: ["invalid-key"] });
    expect(walk({ key: "7" }, { key: "#" }).exit).toEqual({ hangup: "goodbye" });
  });

  it("counts silences and mistakes apart", () => {
    expect(walk("silence", { key: "7" }, "silence").exit).toBeNull();
  });

  it("has fresh patience with a caller who asks to hear it again", () => {
    expect(walk({ key: "7" }, { key: "9" }, { key: "7" }).exit).toBeNull();
  });

  it("is left at once when its prompts cannot be played", () => {
    expect(walk("error").exit).toEqual({ voicemail: "support" });
  });
});
