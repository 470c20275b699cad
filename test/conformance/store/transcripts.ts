import { describe, expect, it } from "vitest";
import { DAY, newCall } from "./examples.ts";
import type { Stage } from "./stage.ts";

/** What every store promises of transcripts. */
export function transcriptsConformance(stage: Stage): void {
  describe("transcripts", () => {
    const line = (content: string) => ({
      key: `key of ${content}`,
      speaker: "customer" as const,
      content,
      language: "ar" as const,
      at: DAY,
      source: "menu",
    });

    it("numbers lines from 1 and gives them back in order", async () => {
      const call = newCall();
      const first = await stage.store.transcripts.append(call, [
        line("١"),
        { ...line("2"), language: null },
      ]);
      const second = await stage.store.transcripts.append(call, [line("3")]);
      expect([...first, ...second].map(({ seq }) => seq)).toEqual([1, 2, 3]);
      expect(await stage.store.transcripts.list(call)).toEqual([...first, ...second]);
      expect(await stage.store.transcripts.append(call, [])).toEqual([]);
      expect(await stage.store.transcripts.list(newCall())).toEqual([]);
    });

    it("leaves a line that is there as it is, and tells the number it has", async () => {
      const call = newCall();
      const [first, second] = await stage.store.transcripts.append(call, [line("1"), line("2")]);
      const again = await stage.store.transcripts.append(call, [
        { ...line("1"), content: "other words" },
        line("3"),
        line("3"),
        line("2"),
      ]);
      const third = { ...line("3"), call, seq: 3 };
      expect(again).toEqual([first, third, third, second]);
      expect(await stage.store.transcripts.list(call)).toEqual([first, second, third]);
      // Keys are the call's own.
      expect((await stage.store.transcripts.append(newCall(), [line("1")]))[0]?.seq).toBe(1);
    });

    it("keeps a line once when two processes bring it at once", async () => {
      const other = await stage.another();
      const call = newCall();
      const lines = [line("1"), line("2"), line("3")];
      const [one, two] = await Promise.all([
        stage.store.transcripts.append(call, lines),
        other.transcripts.append(call, lines),
      ]);
      expect(one).toEqual(two);
      expect(await stage.store.transcripts.list(call)).toEqual(one);
    });

    it("numbers without gap or double when two processes write at once, each in its own order", async () => {
      const other = await stage.another();
      const call = newCall();
      const written = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          (index % 2 === 0 ? stage.store : other).transcripts.append(call, [
            line(`${index} a`),
            line(`${index} b`),
          ]),
        ),
      );
      const lines = await stage.store.transcripts.list(call);
      expect(lines.map(({ seq }) => seq)).toEqual(
        Array.from({ length: 24 }, (_, index) => index + 1),
      );
      for (const [a, b] of written) expect(a?.seq).toBeLessThan(b?.seq ?? 0);
      expect(lines).toEqual(written.flat().sort((left, right) => left.seq - right.seq));
    });
  });
}
