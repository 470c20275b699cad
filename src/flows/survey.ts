import type { Ending } from "../domain/call-fact.ts";
import type { QueueSettings } from "../domain/centre.ts";
import { asQueueName } from "../domain/ids.ts";
import { ratingOf, type SurveySettings } from "../domain/survey.ts";
import { HungUp, hasBroken } from "../ports/telephony.ts";
import { type Call, languageOf } from "./call.ts";
import type { Met } from "./offer.ts";
import type { Scope } from "./scope.ts";

/** What the call was for is done: whether she answers, is silent or hangs up changes nothing of that. */
const talked: Ending = { result: "completed", reason: "talked", by: "agent" };

/**
 * Whether a caller whose agent has hung up is asked how it was: where the queue has a survey in her language. Who was
 * left alone while no server saw it has been kept long enough, and whose agent's line broke was not served.
 */
export function isAsked(call: Call, { leg }: Met, { survey }: QueueSettings): boolean {
  const { reason } = leg.gone;
  const unseen = reason instanceof HungUp && reason.unseen;
  return survey?.languages.includes(languageOf(call)) === true && !unseen && !hasBroken(leg);
}

/**
 * Asks a caller to rate her conversation; the agent has gone and is at her after-call work. The dead-man's switch stays
 * off, as in the conversation: it would take whoever was served into a queue again.
 */
export async function askForRating(call: Call, settings: QueueSettings): Promise<Ending> {
  const { record, leg } = call;
  const { survey } = settings;
  const { agent, rating: before } = record.state;
  if (survey === null || agent === null || before !== null) return talked;
  const about = { queue: asQueueName(settings.name), agent } as const;
  if (record.state.stage !== "survey") record.note({ type: "survey_started", ...about });
  leg.keys.flush(); // What she pressed in the conversation is no rating.
  const rating = await rated(call, survey);
  if (rating === null) return talked;
  record.note({ type: "survey_answered", ...about, rating });
  await call.scope.child(async (scope) => {
    await scope.wait((await ask(call, scope, "survey-thanks")).finished);
  });
  return talked;
}

async function rated(call: Call, { prompt, afterMs, tries }: SurveySettings) {
  for (let asked = 1; asked <= tries; asked += 1) {
    const key = await call.scope.child(async (scope) => {
      const pressed = scope.wait(call.leg.keys.next(scope.signal));
      pressed.catch(() => undefined); // On silence nobody takes the key any more when the scope ends.
      const playback = await ask(call, scope, prompt);
      const heard = await Promise.race([pressed, scope.wait(playback.finished)]);
      if (heard !== "played") return heard;
      return await scope.within(
        afterMs,
        (waiting) => waiting.wait(pressed),
        () => null,
      );
    });
    // Without a prompt she does not know what is asked of her.
    if (key === "failed" || key === "stopped") return null;
    if (key !== null) call.record.say("customer", key, languageOf(call));
    const rating = key === null ? null : ratingOf(key);
    if (rating !== null) return rating;
  }
  return null;
}

/** Starts a prompt that stops with the scope, and leaves the dead-man's switch alone. */
async function ask(call: Call, scope: Scope, prompt: string) {
  const language = languageOf(call);
  const playing = call.leg.play([prompt], language);
  const playback = await scope.acquire("stop the prompt", playing, (started) => started.stop());
  call.record.say("bot", call.deps.promptText(prompt, language), language);
  return playback;
}
