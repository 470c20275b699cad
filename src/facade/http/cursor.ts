import type { z } from "zod";
import { Problem } from "./problems.ts";

/** Where a page ended, as one word that means something to this server alone. */
export function cursorOf(place: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** Reads what {@link cursorOf} wrote; refuses (400) whatever it did not. */
export function placeOf<Place>(schema: z.ZodType<Place, unknown>, cursor: string): Place {
  const place = schema.safeParse(parsed(Buffer.from(cursor, "base64url").toString()));
  if (place.success) return place.data;
  throw badCursor();
}

export const badCursor = (): Problem =>
  new Problem("bad_request", "One thing is wrong with the request.", {
    faults: ["cursor: must be next_cursor of the page before, of a list that is asked for alike"],
  });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
