import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { transcriptSearchSchema } from "../../src/facade/contract/transcript.ts";
import { type Harness, type RequestOptions, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

let harness: Harness;
const [one, two] = ["CALL-00000001", "CALL-00000002"];
const long = `${"tafadhali subiri ".repeat(20)}nataka kurudishiwa PESA zangu ${"asante sana ".repeat(20)}mwisho`;
const lines = [
  [one, "customer", "مَرْحَبًا، أريد استرداد المبلغ 🙂", "ar"],
  [one, "agent", "Café “Pesa” & <b>co</b>", "en"],
  [two, "customer", long, "sw"],
  [two, "bot", '{"$gt":""} \u202Etroppus', "en"],
] as const;

beforeAll(async () => {
  harness = await startHarness();
  for (const call of [one, two]) await new Story(harness, call).until("queued");
  for (const [call, speaker, content, language] of lines) {
    harness.now += 60_000;
    const body = { speaker, content, language };
    await harness.request("POST", `/api/transcripts/${call}/messages`, { as: "agent", body });
  }
});
afterAll(() => harness.stop());

const ask = (query: Record<string, string> | string, options: RequestOptions = {}) => {
  const text = typeof query === "string" ? query : new URLSearchParams(query).toString();
  return harness.request("GET", `/api/transcripts?${text}`, { as: "supervisor", ...options });
};
async function search(query: Record<string, string>) {
  const response = await ask(query);
  expect(response.status, JSON.stringify(query)).toBe(200);
  return transcriptSearchSchema.parse(await response.json());
}
const found = async (query: Record<string, string>) =>
  (await search(query)).matches.map(({ message }) => message.content);

describe("the search in transcripts", () => {
  it("finds words in any language, newest first, and shows where they stand", async () => {
    const { matches } = await search({ q: "pesa" });
    expect(matches.map(({ call_id }) => call_id)).toEqual([two, one]);
    const [swahili, cafe] = matches;
    expect(swahili?.message).toMatchObject({ call_id: two, seq: 1, content: long });
    expect(swahili?.snippet.text.length).toBeLessThanOrEqual(160);
    for (const { snippet, message } of matches) {
      const { text, begins_at, found: places } = snippet;
      expect(message.content.startsWith(text, begins_at)).toBe(true);
      expect(places.map(({ start, end }) => text.slice(start, end).toLowerCase())).toEqual([
        "pesa",
      ]);
    }
    // What was said is text; whoever shows it makes HTML of it.
    expect(cafe?.snippet.text).toBe("Café “Pesa” & <b>co</b>");
    const [arabic] = (await search({ q: "مرحبا المبل*" })).matches;
    expect(
      arabic?.snippet.found.map(({ start, end }) => arabic.snippet.text.slice(start, end)),
    ).toEqual(["مَرْحَبًا", "المبلغ"]);
  });

  it("is narrowed by call, speaker, language and time", async () => {
    expect(await found({ q: "pesa", call_id: one })).toEqual([lines[1][2]]);
    expect(await found({ q: "pesa", speaker: "customer" })).toEqual([long]);
    expect(await found({ q: "pesa", language: "en" })).toEqual([lines[1][2]]);
    const [latest] = (await search({ q: "pesa" })).matches;
    const at = latest?.message.time ?? "";
    expect(await found({ q: "pesa", from: at })).toEqual([long]);
    expect(await found({ q: "pesa", to: at })).toEqual([lines[1][2]]);
    const first = await search({ q: "pesa", limit: "1" });
    const second = await search({ q: "pesa", limit: "1", cursor: first.next_cursor ?? "" });
    expect(second.matches.map(({ call_id }) => call_id)).toEqual([one]);
    const third = await search({ q: "pesa", limit: "1", cursor: second.next_cursor ?? "" });
    expect(third).toEqual({ matches: [], next_cursor: null });
  });

  it("takes what means something to a database for plain text", async () => {
    for (const q of ['"pesa"', "(pesa", "pesa) -co", "-pesa", "pesa:cafe", "pesa^2 ", "{pesa}"]) {
      expect((await ask({ q })).status, q).toBe(200);
    }
    expect(await found({ q: '"pesa" - (CAFE)' })).toEqual([lines[1][2]]);
    expect(await found({ q: "NEAR(pesa cafe, 2)" })).toEqual([]);
    expect(await found({ q: '{"$gt":""}' })).toEqual([lines[3][2]]);
    expect(await found({ q: "\u202Etroppus" })).toEqual([lines[3][2]]);
    expect(await found({ q: "pesa' OR 1=1 --" })).toEqual([]);
    expect(await found({ q: "\ud800pesa\u0000" })).toHaveLength(2);
  });

  it("names what is wrong with a query", async () => {
    for (const query of [
      "",
      "q=",
      "q=***",
      "q=%F0%9F%99%82",
      "q=a*",
      `q=${Array.from({ length: 11 }, (_, index) => `w${index}`).join("+")}`,
      `q=${"x".repeat(201)}`,
      "q=a&q=b",
      "speaker=ghost&q=ab",
      "language=xx&q=ab",
      "from=yesterday&q=ab",
      "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z&q=ab",
      "cursor=e30&q=ab",
      "limit=1e300&q=ab",
      "html=true&q=ab",
    ]) {
      const response = await ask(query);
      expect(response.status, query).toBe(400);
      const { faults } = (await response.json()) as { faults: string[] };
      const field = query.split("=")[0] || "q";
      expect(faults[0], query).toMatch(new RegExp(`^${field}: `));
    }
    // Node itself takes no head of such a size.
    expect((await ask(`q=${"x".repeat(1_000_000)}`)).status).toBe(431);
  });

  it("is for those who may read transcripts, and is on record with what they read", async () => {
    expect((await ask({ q: "pesa" }, { as: "viewer" })).status).toBe(403);
    await ask({ q: "pesa" }, { as: "agent" });
    const [kept] = await harness.deps.store.audit.list({
      action: "transcripts_searched",
      limit: 1,
    });
    expect(kept).toMatchObject({ by: "a-agent", detail: { calls: [two, one], sought: "pesa" } });
    const line = harness.logged.findLast(({ message }) => message === "transcripts searched");
    const { pii, ...open } = (line?.fields ?? { pii: {} }) as { pii: object };
    expect(pii).toMatchObject({ sought: "pesa" });
    expect(JSON.stringify(open)).not.toContain("pesa");
  });
});
