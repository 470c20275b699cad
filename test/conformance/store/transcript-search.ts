import { beforeAll, describe, expect, it } from "vitest";
import { searchWordsOf } from "../../../src/domain/search.ts";
import type { TranscriptFilter, TranscriptLine } from "../../../src/ports/store.ts";
import { DAY, newCall } from "./examples.ts";
import type { Stage } from "./stage.ts";

/** What every store promises of the search in what people said. */
export function transcriptSearchConformance(stage: Stage): void {
  describe("the search in transcripts", () => {
    const start = DAY + 90 * 86_400_000;
    const call = newCall();
    const search = async (query: string, filter: Partial<TranscriptFilter> = {}) =>
      await stage.store.transcripts.search({ words: searchWordsOf(query), limit: 100, ...filter });
    const found = async (query: string, filter: Partial<TranscriptFilter> = { call }) =>
      (await search(query, filter)).map(({ content }) => content);
    const say = async (
      content: string,
      about: Partial<TranscriptLine> = {},
    ): Promise<TranscriptLine> => {
      const { call: of = call, ...more } = about;
      const key = `${of} ${content} ${Math.random()}`;
      const line = { key, speaker: "customer", content, language: null, at: start } as const;
      const [said] = await stage.store.transcripts.append(of, [
        { ...line, source: "api", ...more },
      ]);
      if (said === undefined) throw new Error("no line was written");
      return said;
    };

    const arabic = "مَرْحَبًا بِكُم في المَركَز، أريد استرداد المبلغ";
    const swahili = "Ng'ombe wangu hajafika, nataka kurudishiwa pesa zangu";
    const french = "L’addition s'élève à 20 €, déjà réglée au Café";
    const fulani = "𞤀𞤣𞤤𞤢𞤥 𞤨𞤵𞤤𞤢𞤪"; // Adlam is younger than what SQLite knows of letters.

    beforeAll(async () => {
      for (const content of [arabic, swahili, french, fulani, "Karibu", "karibuni 2026"])
        await say(content);
    });

    it("finds whole words, all of them, in any order, whatever their case and accents", async () => {
      expect(await found("pesa NATAKA")).toEqual([swahili]);
      expect(await found("pesa kesho")).toEqual([]);
      expect(await found("pes")).toEqual([]);
      expect(await found("ng'ombe")).toEqual([swahili]);
      expect(await found("cafe DEJA eleve")).toEqual([french]);
      expect(await found("ÉLÈVE")).toEqual([french]);
      expect(await found("karibu")).toEqual(["Karibu"]);
    });

    it("finds Arabic with and without its vowel signs, and scripts that are young", async () => {
      for (const query of ["مرحبا", "مَرْحَبًا", "بكم المركز", "مـرحـبـا", "اريد"]) {
        expect(await found(query), query).toEqual([arabic]);
      }
      expect(await found("مرح")).toEqual([]);
      expect(await found("𞤀𞤣𞤤𞤢𞤥")).toEqual([fulani]);
      expect(await found("𞤢𞤣𞤤𞤢𞤥")).toEqual([fulani]); // In small letters.
    });

    it("lets a word go on where there is a star", async () => {
      expect((await found("karib*")).toSorted()).toEqual(["Karibu", "karibuni 2026"]);
      expect(await found("karib* 20*")).toEqual(["karibuni 2026"]);
      expect(await found("مرح*")).toEqual([arabic]);
      expect(await found("ku* pe*")).toEqual([swahili]);
    });

    it("takes what means something to a database for what parts words", async () => {
      for (const query of ['"pesa"', "pesa OR nataka AND NOT", "NEAR(pesa", "pesa -zangu"]) {
        const expected = /OR|NEAR/.test(query) ? [] : [swahili];
        expect(await found(query), query).toEqual(expected);
      }
      expect(await found("words : pesa")).toEqual([]);
      expect(await found("^pesa.* $")).toEqual([swahili]);
    });

    it("is filtered by call, speaker, language and time", async () => {
      const [one, two] = [newCall(), newCall()];
      const bot = { speaker: "bot", language: "sw", at: start + 10_000 } as const;
      const lines = [
        await say("mbuzi", { call: one, ...bot }),
        await say("mbuzi", { call: one, at: start + 10_001 }),
        await say("mbuzi", { call: two, ...bot, language: "en", at: start + 10_002 }),
      ];
      const [first, second, third] = lines;
      expect(await search("mbuzi")).toEqual([third, second, first]);
      expect(await search("mbuzi", { call: one })).toEqual([second, first]);
      expect(await search("mbuzi", { call: newCall() })).toEqual([]);
      expect(await search("mbuzi", { speaker: "bot" })).toEqual([third, first]);
      expect(await search("mbuzi", { speaker: "bot", language: "sw" })).toEqual([first]);
      expect(await search("mbuzi", { said: { from: start + 10_001 } })).toEqual([third, second]);
      const between = { from: start + 10_001, to: start + 10_002 };
      expect(await search("mbuzi", { said: between })).toEqual([second]);
      expect(await search("mbuzi", { said: { to: 8.64e15 } })).toHaveLength(3);
      // What is a word of a line is no word of its speaker.
      expect(await search("bot", { call: one })).toEqual([]);
    });

    it("is newest first, page by page, and loses and repeats nothing", async () => {
      const made: TranscriptLine[] = [];
      for (let index = 0; index < 13; index += 1) {
        // Four at a time in one millisecond, and the last ones were said before the others.
        const at = start + 20_000 + (index < 8 ? Math.floor(index / 4) + 5 : Math.floor(index / 4));
        made.push(await say("punda milia", { call: newCall(), at }));
      }
      const all = await search("punda");
      expect(all.map(({ at }) => at)).toEqual(
        made.map(({ at }) => at).toSorted((left, right) => right - left),
      );
      const seen: TranscriptLine[] = [];
      for (;;) {
        const last = seen.at(-1);
        const after = last === undefined ? {} : { after: last };
        const page = await search("punda mil*", { limit: 3, ...after });
        if (page.length === 0) break;
        seen.push(...page);
      }
      expect(seen).toEqual(all);
      expect(await search("punda", { limit: 0 })).toEqual([]);
    });

    it("finds a line once, however often and by how many it is brought", async () => {
      const other = await stage.another();
      const of = newCall();
      const line = { speaker: "bot", language: null, at: start, source: "menu" } as const;
      const lines = ["kifaru 1", "kifaru 2"].map((content) => ({ ...line, key: content, content }));
      await Promise.all([
        stage.store.transcripts.append(of, lines),
        other.transcripts.append(of, lines),
        stage.store.transcripts.append(of, lines.slice(1)),
      ]);
      expect((await found("kifaru", { call: of })).toSorted()).toEqual(["kifaru 1", "kifaru 2"]);
    });
  });
}
