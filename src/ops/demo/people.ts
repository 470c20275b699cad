import type { Caller, CallerStep } from "../phones/callers.ts";

/** Gives numbers from 0 up to, not including, 1. */
export type Random = () => number;

/** The number everybody dials. */
export const hotline = "+254711000000";

const names: readonly string[] = [
  "Achieng Otieno",
  "Ahmed Salim",
  "Beatrice Njeri",
  "Cheptoo Rotich",
  "David Mwangi",
  "Fatuma Ali",
  "Halima Yusuf",
  "Ibrahim Noor",
  "Jane Muthoni",
  "Juma Bakari",
  "Kevin Omondi",
  "Layla Hassan",
  "Lucy Wairimu",
  "Mercy Chebet",
  "Moses Kiptoo",
  "Mwanaisha Said",
  "Naliaka Wekesa",
  "Omar Abdalla",
  "Paul Kimani",
  "Rehema Mwinyi",
  "Ruth Akinyi",
  "Samuel Kariuki",
  "Yasmin Farah",
  "Zawadi Mrisho",
];

/** A word and how often it is drawn, relative to the others. */
type Weighted<T> = readonly (readonly [T, number])[];

/** Keys of the repository's own menus: first the language, then the department. */
const languageKeys: Weighted<string> = [
  ["1", 50],
  ["2", 35],
  ["3", 15],
];
const departmentKeys: Weighted<string> = [
  ["1", 30],
  ["2", 35],
  ["3", 15],
  ["4", 20],
];

/**
 * How callers behave: most listen and press; some know the menu by heart, press a key that means nothing, or wait
 * until they are asked again; some never press; some hang up in the menu or lose patience in the queue; and some stay
 * until they can leave a message.
 */
const habits = {
  usual: 58,
  hurried: 8,
  wrong: 8,
  slow: 6,
  silent: 3,
  leaving: 5,
  impatient: 7,
  patient: 5,
} as const;
export type Habit = keyof typeof habits;

export interface Person {
  readonly habit: Habit;
  readonly caller: Caller;
}

/** Makes up somebody who calls in. All of it follows from `random`. */
export function makeUpPerson(random: Random): Person {
  const habit = draw(random, Object.entries(habits) as [Habit, number][]);
  const stay = stayOf(habit, random);
  const withheld = random() < 0.04;
  const number = `+2547110${String(Math.floor(between(random, 1_000, 100_000))).padStart(5, "0")}`;
  return {
    habit,
    caller: {
      called: hotline,
      number,
      ...(withheld
        ? { from: '"Anonymous" <sip:anonymous@anonymous.invalid>' }
        : { name: draw(random, evenly(names)) }),
      steps: stepsOf(habit, random),
      stay,
      patienceMs: 20_000,
      toneHz: Math.round(between(random, 300, 900)),
      mediaMs: stay + 1_000,
    },
  };
}

/** How long until the next caller, when callers come independently of each other. */
export function nextArrival(callsPerMinute: number, random: Random): number {
  return (-Math.log(1 - random()) * 60_000) / callsPerMinute;
}

function stepsOf(habit: Habit, random: Random): CallerStep[] {
  const language = draw(random, languageKeys);
  const department = draw(random, departmentKeys);
  const wait = (from: number, to: number): CallerStep => ({
    waitMs: Math.round(between(random, from, to)),
  });
  switch (habit) {
    case "hurried":
      return [wait(300, 600), { keys: language + department }];
    case "wrong":
      return [
        wait(1_500, 4_000),
        { keys: language },
        wait(2_000, 5_000),
        { keys: "7" },
        wait(3_000, 6_000),
        { keys: department },
      ];
    case "slow":
      // After the menu was told once, and the silence that follows it.
      return [wait(16_000, 22_000), { keys: language }, wait(3_000, 9_000), { keys: department }];
    case "silent":
    case "leaving":
      return [];
    case "usual":
    case "impatient":
    case "patient":
      return [wait(1_500, 7_000), { keys: language }, wait(1_500, 8_000), { keys: department }];
    default:
      return habit satisfies never;
  }
}

/** From the answer to her hanging up; most are hung up on before, when the agent is done. */
function stayOf(habit: Habit, random: Random): number {
  const spans: Readonly<Record<Habit, readonly [number, number]>> = {
    usual: [45_000, 140_000],
    hurried: [40_000, 120_000],
    wrong: [60_000, 140_000],
    slow: [70_000, 150_000],
    silent: [50_000, 120_000],
    leaving: [2_500, 9_000],
    impatient: [16_000, 32_000],
    patient: [140_000, 180_000],
  };
  const [from, to] = spans[habit];
  return Math.round(between(random, from, to));
}

const evenly = <T>(values: readonly T[]): Weighted<T> => values.map((value) => [value, 1]);

function between(random: Random, from: number, to: number): number {
  return from + random() * (to - from);
}

function draw<T>(random: Random, choices: Weighted<T>): T {
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
  let at = random() * total;
  for (const [value, weight] of choices) {
    at -= weight;
    if (at < 0) return value;
  }
  const last = choices.at(-1);
  if (last === undefined) throw new RangeError("there is nothing to draw from");
  return last[0];
}
