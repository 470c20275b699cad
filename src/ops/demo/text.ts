import { styleText } from "node:util";

/** How a piece of a line looks; which colour that is, only {@link paint} knows. */
export type Tone = "plain" | "strong" | "dim" | "head" | "good" | "busy" | "warn" | "bad";

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}
export type Line = readonly Span[];

const styles = {
  strong: "bold",
  dim: "dim",
  head: "cyan",
  good: "green",
  busy: "blue",
  warn: "yellow",
  bad: "red",
} as const;

export const span = (text: string, tone: Tone = "plain"): Span => ({ text, tone });

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

/** How many columns of a terminal a character takes. */
function columnsOf(character: string): number {
  if (/^[\x20-\x7e]$/.test(character)) return 1;
  if (/[\p{M}\p{Cf}]/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** How many columns of a terminal a text takes. */
export function width(text: string): number {
  let sum = 0;
  for (const character of text) sum += columnsOf(character);
  return sum;
}

/** What strangers said, made harmless: a caller's name could else move the cursor or turn the line around. */
export function harmless(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "");
}

/** A text in exactly so many columns, cut with an ellipsis or filled up. */
export function cell(text: string, columns: number, align: "left" | "right" = "left"): string {
  if (columns <= 0) return "";
  let fitting = text;
  if (width(text) > columns) {
    fitting = "";
    let used = 0;
    for (const character of text) {
      used += columnsOf(character);
      if (used > columns - 1) break;
      fitting += character;
    }
    fitting += "…";
  }
  const filling = " ".repeat(columns - width(fitting));
  return align === "left" ? fitting + filling : filling + fitting;
}

/** A line in at most so many columns. */
export function cut(line: Line, columns: number): Line {
  const kept: Span[] = [];
  let left = columns;
  for (const { text, tone } of line) {
    if (left <= 0) break;
    const fitting = width(text) > left ? cell(text, left) : text;
    kept.push({ text: fitting, tone });
    left -= width(fitting);
  }
  return kept;
}

/** A line filled up with blanks, or cut, to exactly so many columns. */
export function fill(line: Line, columns: number): Line {
  const fitting = cut(line, columns);
  const used = fitting.reduce((sum, { text }) => sum + width(text), 0);
  return [...fitting, span(" ".repeat(columns - used))];
}

/** A line as a terminal is told it, with or without colours. */
export function paint(line: Line, colour: boolean): string {
  return line
    .map(({ text, tone }) =>
      colour && tone !== "plain" ? styleText(styles[tone], text, { validateStream: false }) : text,
    )
    .join("")
    .trimEnd();
}

/** A length of time as people read it: 0:07, 12:34, 1:02:03. */
export function clock(ms: number): string {
  const all = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor(all / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}
