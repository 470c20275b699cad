import type { Language } from "../domain/call-fact.ts";
import type { Playback } from "../ports/telephony.ts";
import type { Call } from "./call.ts";
import type { Scope } from "./scope.ts";

/** Longer than any prompt list, so that the dead-man's switch does not fire in the middle of one. */
export const PROMPT_LEASE_MS = 90_000;

/** Starts prompts in a scope: they stop when the scope is left. The transcript shows what the caller was told. */
export async function speak(
  call: Call,
  scope: Scope,
  prompts: readonly string[],
  language: Language,
): Promise<Playback> {
  await scope.wait(call.answer());
  await scope.wait(call.leg.wind(PROMPT_LEASE_MS));
  const playing = call.leg.play(prompts, language);
  const playback = await scope.acquire("stop prompts", playing, (started) => started.stop());
  for (const prompt of prompts) {
    call.record.say("bot", call.deps.promptText(prompt, language), language);
  }
  return playback;
}

/** Plays prompts to their end, whatever keys are pressed; says how it went. */
export async function playThrough(
  call: Call,
  prompts: readonly string[],
  language: Language,
  within: Scope = call.scope,
): Promise<"played" | "stopped" | "failed"> {
  return await within.child(async (scope) => {
    const playback = await speak(call, scope, prompts, language);
    return await scope.wait(playback.finished);
  });
}
