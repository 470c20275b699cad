import { callIn } from "../phones/callers.ts";
import type { PhoneSite, Sipp } from "../phones/sipp.ts";
import { makeUpPerson, nextArrival, type Random } from "./people.ts";

/** So many at most are on the telephone at one time; who comes then finds no line, as at any exchange. */
const mostAtOnce = 80;
const leastRate = 1;
export const mostRate = 120;

export interface CrowdOptions {
  readonly callsPerMinute: number;
  readonly random: Random;
  /** Told what went wrong with a caller's phone; it is no news for the board. */
  readonly note: (line: string) => void;
}

/** The people who call in. */
export interface Crowd {
  readonly callsPerMinute: () => number;
  /** Makes it busier or quieter from the next caller on. */
  change(factor: number): void;
  /** Nobody calls any more; those on the telephone hang up. Settles when all have, or when that takes too long. */
  stop(withinMs: number): Promise<void>;
}

/** Lets people call in, each independently of the others, until it is stopped. */
export function gatherCrowd(site: PhoneSite, options: CrowdOptions): Crowd {
  const { random, note } = options;
  let rate = clamp(options.callsPerMinute);
  const talking = new Set<Promise<void>>();
  const phones = new Set<Sipp>();
  let over = false;
  let timer: NodeJS.Timeout | undefined;

  const call = async (): Promise<void> => {
    const { habit, caller } = makeUpPerson(random);
    const phone = await callIn(site, caller);
    phones.add(phone);
    if (over) phone.hangup().catch(() => note("a phone could not hang up"));
    try {
      const status = await phone.exit;
      if (status !== 0 && !over)
        note(`a ${habit} caller's phone ended with status ${status}\n${await phone.errors()}`);
    } finally {
      phones.delete(phone);
      await phone.stop();
    }
  };
  const arrive = (): void => {
    if (talking.size >= mostAtOnce) return;
    const done: Promise<void> = call()
      .catch((error: unknown) => note(`a caller's phone failed: ${String(error)}`))
      .finally(() => talking.delete(done));
    talking.add(done);
  };
  const waitForNext = (ms: number): void => {
    timer = setTimeout(() => {
      arrive();
      waitForNext(nextArrival(rate, random));
    }, ms);
  };
  // Nobody should have to look at an empty board at first.
  arrive();
  waitForNext(Math.min(2_000, 60_000 / rate));

  return {
    callsPerMinute: () => rate,
    change: (factor) => {
      rate = clamp(rate * factor);
      clearTimeout(timer);
      if (!over) waitForNext(nextArrival(rate, random));
    },
    stop: async (withinMs) => {
      over = true;
      clearTimeout(timer);
      const hangUp = (): void => {
        for (const phone of phones) phone.hangup().catch(() => note("a phone could not hang up"));
      };
      hangUp();
      // A phone takes two signals to hang up, and two that arrive as one are one to it.
      const again = setInterval(hangUp, 200);
      const late = setTimeout(() => {
        for (const phone of phones) phone.stop().catch(() => note("a phone did not end"));
      }, withinMs);
      await Promise.all(talking);
      clearInterval(again);
      clearTimeout(late);
    },
  };
}

function clamp(rate: number): number {
  return Math.min(mostRate, Math.max(leastRate, Math.round(rate)));
}
