import { z } from "zod";
import { type Language, languages } from "./call-fact.ts";

/** What a caller is asked when her agent has hung up: to rate the conversation with a key, 1 (bad) to 5 (good). */
export const surveySchema = z.strictObject({
  /** What she is asked; every language of the survey has the prompt. */
  prompt: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,40}$/, "a name is 1-41 of a-z, 0-9 and -")
    .default("survey"),
  /** Who speaks another language is not asked; by default everybody is. */
  languages: z
    .array(z.enum(languages))
    .min(1)
    .default([...languages]),
  /** How long she has got for the key, after the prompt. */
  afterMs: z.int().min(1_000).max(30_000).default(6_000),
  /** How often she is asked when she presses nothing, or another key. */
  tries: z.int().min(1).max(3).default(2),
});
export type SurveySettings = z.infer<typeof surveySchema>;

/** The rating that a key is; `null` for one that is none. */
export function ratingOf(key: string): number | null {
  return /^[1-5]$/.test(key) ? Number(key) : null;
}

/** The part of a centre that surveys are about. */
interface SurveyedCentre {
  readonly languages: readonly Language[];
  readonly queues: readonly { readonly name: string; readonly survey: SurveySettings | null }[];
}

/** The prompts that surveys play and a language lacks, one sentence each. */
export function surveyFaults(
  { queues, languages: spoken }: SurveyedCentre,
  prompts: ReadonlyMap<Language, ReadonlySet<string>>,
): readonly string[] {
  return queues.flatMap(({ name, survey }) =>
    spoken
      .filter((language) => survey?.languages.includes(language) === true)
      .filter((language) => prompts.get(language)?.has(survey?.prompt ?? "") !== true)
      .map((language) => `queue ${name}: ${language} has no prompt ${survey?.prompt}`),
  );
}
