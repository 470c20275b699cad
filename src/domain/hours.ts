import { z } from "zod";

/** When a queue takes calls: the week, and the dates that differ from it, as clocks in one place of the world show. */
export const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MINUTES_A_DAY = 1_440;
/** How far ahead the next change is looked for: a year of closed days is closed for good. */
const DAYS_AHEAD = 370;

/** `08:00-17:00`; a day ends at `24:00`. */
const span = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "a span is like 08:00-17:00");

const spans = z.array(span).superRefine((texts, context) => {
  let end = -1;
  for (const [from, to] of texts.map(minutesOf).sort(([left], [right]) => left - right)) {
    if (from >= to)
      context.addIssue(
        "a span ends after it begins; over midnight, write two: until 24:00, and from 00:00 of the next day",
      );
    else if (from < end) context.addIssue("two spans of one day overlap");
    end = Math.max(end, to);
  }
});

const zone = z
  .string()
  .refine(isZone, "a zone is a name of the IANA database, like Africa/Nairobi");

export const hoursSchema = z.strictObject({
  zone,
  /** A day that is not named is closed. */
  weekly: z.partialRecord(z.enum(weekdays), spans),
  /** Holidays (`[]`) and days with hours of their own, by date; they replace those of the week. */
  dates: z.record(z.iso.date(), spans).default({}),
});

export type Hours = z.infer<typeof hoursSchema>;

/** Whether no day of the week and no date has a span in which it is open. */
export const neverOpens = ({ weekly, dates }: Hours): boolean =>
  [...Object.values(weekly), ...Object.values(dates)].every((spans) => spans.length === 0);

/** Whether it is open at a moment, why, and until when it stays so. */
export interface Opening {
  readonly open: boolean;
  /** What decided: `always`, a weekday or a date. */
  readonly by: string;
  /** Milliseconds since 1970; `null` when nothing changes within a year. */
  readonly until: number | null;
}

/** Whether there is anybody to take calls by the clock; a queue without hours is always open. */
export function openingAt(hours: Hours | null, at: number): Opening {
  if (hours === null) return { open: true, by: "always", until: null };
  const { date, minute } = localTime(hours.zone, at);
  const { by, open } = stateAt(hours, date, minute);
  return { open, by, until: nextChange(hours, at, date, open) };
}

/** A date and a time of day in a zone as milliseconds since 1970. A time that a clock change skips is the one after. */
export function momentOf(zoneName: string, date: string, minute: number): number {
  const asUtc = Date.parse(`${date}T00:00:00Z`) + minute * MINUTE_MS;
  // The offset at the guess is nearly always that of the moment; close to a change of clocks it is looked at once more.
  let at = asUtc - offsetOf(zoneName, asUtc);
  at = asUtc - offsetOf(zoneName, at);
  return at;
}

function nextChange(hours: Hours, at: number, today: string, open: boolean): number | null {
  const first = Date.parse(`${today}T00:00:00Z`);
  for (let day = 0; day < DAYS_AHEAD; day += 1) {
    const date = new Date(first + day * DAY_MS).toISOString().slice(0, 10);
    const ends = spansOf(hours, date).spans.flatMap(minutesOf);
    for (const minute of [0, ...ends.sort((left, right) => left - right)]) {
      if (minute === MINUTES_A_DAY) continue; // What it is then is that of the next day at 0.
      const moment = momentOf(hours.zone, date, minute);
      if (moment > at && stateAt(hours, date, minute).open !== open) return moment;
    }
  }
  return null;
}

function stateAt(hours: Hours, date: string, minute: number): { open: boolean; by: string } {
  const { spans: ofDay, by } = spansOf(hours, date);
  return { by, open: ofDay.map(minutesOf).some(([from, to]) => from <= minute && minute < to) };
}

function spansOf(hours: Hours, date: string): { spans: readonly string[]; by: string } {
  const own = hours.dates[date];
  if (own !== undefined) return { spans: own, by: date };
  const day = weekdays[new Date(`${date}T00:00:00Z`).getUTCDay()] ?? "sun";
  return { spans: hours.weekly[day] ?? [], by: day };
}

function minutesOf(text: string): readonly [from: number, to: number] {
  const [from = 0, to = 0] = text.split("-").map((time) => {
    const [hours = 0, minutes = 0] = time.split(":").map(Number);
    return hours * 60 + minutes;
  });
  return [from, to];
}

/** The date that a calendar in a zone shows at a moment. */
export const dateIn = (zoneName: string, at: number): string => localTime(zoneName, at).date;

function localTime(zoneName: string, at: number): { date: string; minute: number } {
  const local = new Date(at + offsetOf(zoneName, at)).toISOString();
  const [hours = 0, minutes = 0] = local.slice(11, 16).split(":").map(Number);
  return { date: local.slice(0, 10), minute: hours * 60 + minutes };
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** By how much the clocks of a zone are ahead of UTC at a moment, in milliseconds. */
function offsetOf(zoneName: string, at: number): number {
  const clock = clocks.get(zoneName) ?? clockOf(zoneName);
  clocks.set(zoneName, clock);
  const part = Object.fromEntries(
    clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1_000) * 1_000;
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}

/** Whether this is the name of a zone of the IANA database. */
export function isZone(name: string): boolean {
  try {
    clockOf(name);
    return true;
  } catch {
    // It is what makes the constructor throw.
    return false;
  }
}
