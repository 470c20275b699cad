import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placesOf, searchWordsOf, snippetOf, wordsIn } from "../../src/domain/search.ts";

const foundIn = (text: string, query: string) =>
  placesOf(text, searchWordsOf(query)).map(({ start, end }) => text.slice(start, end));

describe("the words of a text", () => {
  it("are told without case, accents, vowel signs and what is not seen", () => {
    expect(wordsIn("Café CAFÉ cafe")).toEqual(["cafe"]);
    expect(wordsIn("مَرْحَبًا مـرحـبا أإآا")).toEqual(["مرحبا", "اااا"]);
    expect(wordsIn("Ng'ombe-20%")).toEqual(["ng", "ombe", "20"]);
    expect(wordsIn("Straße STRASSE ΟΔΟΣ οδος")).toEqual(["strasse", "οδοσ"]);
    expect(wordsIn("\u202Etroppus\u202C co\u00ADop")).toEqual(["troppus", "coop"]);
    expect(wordsIn('🙂 "*" -- \ud800')).toEqual([]);
  });
});

describe("a query", () => {
  it("is its words, those with a star as beginnings", () => {
    expect(searchWordsOf("Karib* karib* NEAR(pesa, 2) *x* a *")).toEqual([
      { text: "karib", isPrefix: true },
      { text: "near", isPrefix: false },
      { text: "pesa", isPrefix: false },
      { text: "2", isPrefix: false },
      { text: "x", isPrefix: true },
      { text: "a", isPrefix: false },
    ]);
    expect(searchWordsOf(' *"-() ')).toEqual([]);
  });
});

describe("the places of words in a text", () => {
  it("are where they stand in the text as it was written", () => {
    expect(foundIn("Le Café, déjà; CAFE\u0301!", "cafe deja")).toEqual([
      "Café",
      "déjà",
      "CAFE\u0301",
    ]);
    expect(foundIn("قال مَرْحَبًا لنا", "مرحبا")).toEqual(["مَرْحَبًا"]);
    expect(foundIn("😀 ﷺ ﻻ شكرا 😀", "لا شك*")).toEqual(["ﻻ", "شكرا"]);
    expect(foundIn("karibu karibuni", "karibu")).toEqual(["karibu"]);
  });

  it("hold, for any text, each of its words, found by the word itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        for (const word of wordsIn(text)) {
          const [place] = placesOf(text, [{ text: word, isPrefix: false }]);
          expect(place).toBeDefined();
          expect(wordsIn(text.slice(place?.start, place?.end))).toContain(word);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("a snippet", () => {
  it("is a short text whole, and of a long one what is around the first place", () => {
    const words = searchWordsOf("pesa");
    expect(snippetOf("nataka pesa", words)).toEqual({
      text: "nataka pesa",
      begins: 0,
      found: [{ start: 7, end: 11 }],
    });
    const long = `${"maneno mengi ".repeat(50)}nataka pesa zangu ${"na mengine ".repeat(50)}pesa`;
    const { text, begins, found } = snippetOf(long, words);
    expect(text.length).toBeLessThanOrEqual(160);
    expect(long.slice(begins, begins + text.length)).toBe(text);
    expect(found.map(({ start, end }) => text.slice(start, end))).toEqual(["pesa"]);
    expect(text).toMatch(/^\w/);
  });

  it("cuts no character in two, and every place it tells is in it", () => {
    const unit = fc.constantFrom("😀", "pesa ", " ", "é", "مَ", "x".repeat(30), "𞤀");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 120 }), (text) => {
        const snippet = snippetOf(text, searchWordsOf("pesa x*"));
        expect(snippet.text.isWellFormed()).toBe(true);
        expect(text.startsWith(snippet.text, snippet.begins)).toBe(true);
        expect(snippet.text.length).toBeLessThanOrEqual(160);
        for (const { start, end } of snippet.found) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(snippet.text.length);
        }
        const all = placesOf(text, searchWordsOf("pesa x*"));
        expect(snippet.found.length > 0).toBe(all.length > 0);
      }),
    );
  });
});
