/**
 * How what people said is searched: all words of the query have to be in a line, whole, in any order; case, accents and
 * vowel signs do not matter; `*` right after a word lets it go on. Words are runs of letters and digits of any script,
 * all else parts them. Every store finds the same, because each keeps the words that this file makes of a line.
 */

/** One word of a query. */
export interface SearchWord {
  /** As {@link wordsIn} writes it. */
  readonly text: string;
  /** Whether words that only begin so are meant too. */
  readonly isPrefix: boolean;
}

/** A stretch of a text, in UTF-16 code units: from `start` on and before `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A part of a text around what was found in it. */
export interface Snippet {
  readonly text: string;
  /** Where it begins in the whole text, in UTF-16 code units. */
  readonly begins: number;
  /** What was found, within the snippet. */
  readonly found: readonly Stretch[];
}

/** Combining marks, what steers writing and is not seen, and the stroke that stretches Arabic words. */
const unseen = /[\p{M}\p{Cf}\u0640]/gu;
const word = /[\p{L}\p{N}]+/gu;
const queryWord = /([\p{L}\p{N}]+)(\*?)/gu;
/** Words are told from each other by so much of them, or what is no speech would fill the index. */
const LONGEST = 64;

/**
 * A text without what does not matter: decomposed (NFKD), without marks, in one case. By way of capitals, because ß and
 * SS, ς and σ are one only there; a last sigma is written small otherwise and is put right.
 */
function folded(text: string): string {
  const bare = text.normalize("NFKD").replace(unseen, "");
  return bare.toUpperCase().toLowerCase().replaceAll("ς", "σ");
}

const told = (each: string): string => each.slice(0, LONGEST);

/** The words of a text, each once, in the order in which they come first. */
export function wordsIn(text: string): readonly string[] {
  return [...new Set(folded(text).match(word)?.map(told))];
}

/** What a query asks for; empty when there is no letter or digit in it. */
export function searchWordsOf(query: string): readonly SearchWord[] {
  const words = new Map<string, SearchWord>();
  for (const [whole, text = "", star] of folded(query).matchAll(queryWord)) {
    words.set(whole, { text: told(text), isPrefix: star === "*" });
  }
  return [...words.values()];
}

/** Where the words stand in a text, in order. */
export function placesOf(text: string, words: readonly SearchWord[]): readonly Stretch[] {
  let bare = "";
  /** For each code unit of `bare`, the character that it comes from. */
  const origins: Stretch[] = [];
  let at = 0;
  for (const character of text) {
    const part = folded(character);
    const origin = { start: at, end: at + character.length };
    for (let unit = 0; unit < part.length; unit += 1) origins.push(origin);
    bare += part;
    at = origin.end;
  }
  const found: Stretch[] = [];
  for (const match of bare.matchAll(word)) {
    const [each] = match;
    const first = origins[match.index];
    const last = origins[match.index + each.length - 1];
    if (first === undefined || last === undefined) continue;
    if (!words.some((wanted) => isMeant(wanted, each))) continue;
    // Marks that follow belong to the word, up to the next character that counts; one character may be several words.
    const next = origins[match.index + each.length]?.start ?? text.length;
    found.push({ start: first.start, end: Math.max(last.end, next) });
  }
  return found;
}

function isMeant({ text, isPrefix }: SearchWord, each: string): boolean {
  return isPrefix ? each.startsWith(text) : told(each) === text;
}

/** How long a snippet is at most, and how much of it stands before what was found. */
const SNIPPET = 160;
const BEFORE = 40;

/** The part of a text around the first of the words that stands in it; a short text is its own snippet. */
export function snippetOf(text: string, words: readonly SearchWord[]): Snippet {
  const places = placesOf(text, words);
  const first = places[0]?.start ?? 0;
  const from = text.length <= SNIPPET ? 0 : wordStart(text, first - BEFORE);
  const begins = boundary(text, Math.min(first, from));
  const end = boundary(text, Math.min(text.length, begins + SNIPPET));
  const found = places
    .filter((place) => place.start < end)
    .map((place) => ({ start: place.start - begins, end: Math.min(place.end, end) - begins }));
  return { text: text.slice(begins, end), begins, found };
}

/** The place after the next white space, so that no word is cut at the beginning where that can be helped. */
function wordStart(text: string, from: number): number {
  if (from <= 0) return 0;
  const space = text.slice(from, from + BEFORE).search(/\s/u);
  return space < 0 ? from : from + space + 1;
}

/** Not between the two halves of one character. */
function boundary(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
