import { z } from "zod";
import { languages } from "./call-fact.ts";

/**
 * Menus are data: one YAML file each under `dialplan/menus/`, this schema, and `press` to walk them. The static
 * checker over a whole set of menus is `menu-check.ts`.
 */
const name = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, "a name is 1-41 of a-z, 0-9 and -");

const exits = [
  z.strictObject({ menu: name, language: z.enum(languages).optional() }),
  z.strictObject({ queue: name }),
  z.strictObject({ voicemail: name }),
  /** Says the prompt, then hangs up. */
  z.strictObject({ hangup: name }),
] as const;

/** What the end of patience, or a fault, leads to. Exactly one kind of exit. */
export const exitSchema = z.union(exits, {
  error: "an exit is one of {menu: NAME}, {queue: NAME}, {voicemail: QUEUE}, {hangup: PROMPT}",
});
export type Exit = z.infer<typeof exitSchema>;

/** What a key leads to: an exit, or the same menu once more. */
export const keySchema = z.union([...exits, z.strictObject({ repeat: z.literal(true) })], {
  error:
    "a key leads to one of {menu: NAME}, {queue: NAME}, {voicemail: QUEUE}, {hangup: PROMPT}, {repeat: true}",
});

export const menuSchema = z.strictObject({
  menu: name,
  /** Prompts in the order they are played; a key pressed during them ends them. */
  prompts: z.array(name).min(1),
  /** In which languages the prompts are played; by default the caller's own. */
  speak: z.array(z.enum(languages)).optional(),
  keys: z.record(z.string().regex(/^[0-9*#]$/, "a key is one of 0-9 * #"), keySchema),
  /** Silence after the prompts: how long is waited, how often they are played again, and where it leads then. */
  noInput: z.strictObject({
    afterMs: z.int().min(500).max(60_000).default(5_000),
    tries: z.int().min(1).max(10).default(3),
    /** Told before the prompts are played again. */
    prompt: name.optional(),
    then: exitSchema,
  }),
  /** A key that is not in `keys`: the prompt told, how many are taken, and where it leads then. */
  invalid: z.strictObject({
    prompt: name.default("invalid-key"),
    tries: z.int().min(1).max(10).default(3),
    then: exitSchema,
  }),
  /** Where a fault of ours (a prompt that cannot be played) leads. */
  error: exitSchema,
});
export type Menu = z.infer<typeof menuSchema>;

/** All menus by name. */
export type Menus = ReadonlyMap<string, Menu>;

/** What the caller did while a menu was open. */
export type Input = { readonly key: string } | "silence" | "error";

/** How often this caller has been silent or wrong in this visit to the menu. */
export interface Patience {
  readonly silences: number;
  readonly mistakes: number;
}
export const freshPatience: Patience = { silences: 0, mistakes: 0 };

/** What to do next: leave by an exit, or play the menu again (after `prompt`, where one is due). */
export type Step =
  | { readonly do: "exit"; readonly exit: Exit }
  | { readonly do: "again"; readonly patience: Patience; readonly prompt: string | null };

/** Decides what follows on one input. Pure: the same menu, patience and input give the same step. */
export function press(menu: Menu, patience: Patience, input: Input): Step {
  if (input === "error") return { do: "exit", exit: menu.error };
  if (input === "silence") {
    const silences = patience.silences + 1;
    if (silences >= menu.noInput.tries) return { do: "exit", exit: menu.noInput.then };
    return {
      do: "again",
      patience: { ...patience, silences },
      prompt: menu.noInput.prompt ?? null,
    };
  }
  const exit = menu.keys[input.key];
  if (exit !== undefined) {
    if ("repeat" in exit) return { do: "again", patience: freshPatience, prompt: null };
    return { do: "exit", exit };
  }
  const mistakes = patience.mistakes + 1;
  if (mistakes >= menu.invalid.tries) return { do: "exit", exit: menu.invalid.then };
  return { do: "again", patience: { ...patience, mistakes }, prompt: menu.invalid.prompt };
}
