import { KituoError } from "../../domain/errors.ts";
import { isDuplicate } from "./fault.ts";

/** Each lost race is another process's success, so this many in a row mean that something else is wrong. */
const TRIES = 200;

/**
 * Takes the next free number by inserting a document that a unique index lets in once. Unlike a counter this leaves no
 * gap when a process dies between taking a number and using it. `take` runs again, with the number that is next by
 * then, as long as others were faster.
 */
export async function claim<T>(
  next: () => Promise<number>,
  take: (number: number) => Promise<T>,
): Promise<T> {
  let refused: unknown;
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      return await take(await next());
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      refused = error;
    }
  }
  throw new KituoError("store_down", "no free number was found in MongoDB", [], refused);
}
