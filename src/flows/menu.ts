import type { Language } from "../domain/call-fact.ts";
import { type Exit, freshPatience, type Input, type Menu, press } from "../domain/ivr.ts";
import { type Call, languageOf } from "./call.ts";
import type { Scope } from "./scope.ts";
import { speak } from "./speak.ts";

/** Walks one menu: plays it, listens, and plays it again until `press` says where it is left. */
export async function walkMenu(call: Call, name: string): Promise<Exit> {
  const menu = call.menus.get(name);
  if (menu === undefined) throw new Error(`menu ${name} is not known`);
  call.record.note({ type: "menu_entered", menu: name, prompts: menu.prompts });
  let patience = freshPatience;
  let before: readonly string[] = [];
  for (;;) {
    const input = await listen(call, menu, before);
    const step = press(menu, patience, input);
    if (step.do === "exit") return step.exit;
    patience = step.patience;
    before = step.prompt === null ? [] : [step.prompt];
  }
}

/** Plays the menu once and takes the first key, which may come at any moment and ends the prompts. */
async function listen(call: Call, menu: Menu, before: readonly string[]): Promise<Input> {
  return await call.scope.child(async (scope) => {
    const typedAhead = call.leg.keys.ready > 0;
    const key = scope.wait(call.leg.keys.next(scope.signal));
    key.catch(() => undefined); // On silence nobody takes the key any more when the scope ends.
    const heard = typedAhead
      ? await key
      : await Promise.race([key, recite(call, scope, menu, before)]);
    if (heard === "failed") return "error";
    const pressed =
      heard === "recited"
        ? await scope.within(
            menu.noInput.afterMs,
            (waiting) => waiting.wait(key),
            () => null,
          )
        : heard;
    if (pressed === null) return "silence";
    call.record.note({ type: "key_pressed", menu: menu.menu, key: pressed });
    call.record.say("customer", pressed, languageOf(call));
    return { key: pressed };
  });
}

/** Says the prompts in each language the menu is spoken in. */
async function recite(
  call: Call,
  scope: Scope,
  menu: Menu,
  before: readonly string[],
): Promise<"recited" | "failed"> {
  const spoken: readonly Language[] = menu.speak ?? [languageOf(call)];
  for (const language of spoken) {
    const playback = await speak(call, scope, [...before, ...menu.prompts], language);
    if ((await scope.wait(playback.finished)) === "failed") return "failed";
  }
  return "recited";
}
