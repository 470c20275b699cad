import { describe, expect, it } from "vitest";
import { centreSchema } from "../../src/domain/centre.ts";

const amina = { id: "AGT-001", name: "Amina", extension: "1001", queues: ["billing"] };
const brian = { id: "AGT-002", name: "Brian", extension: "1002", queues: ["billing"] };

/** What is said against a centre with this queue, these agents and whatever else. */
function faultsOf(billing: object, agents: readonly object[] = [amina], more: object = {}) {
  const queues = [
    { name: "billing", title: "Billing", ...billing },
    { name: "sales", title: "Sales" },
  ];
  const read = centreSchema.safeParse({ languages: ["en", "sw"], queues, agents, ...more });
  return (read.error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const cards = (level: number, ...relax: readonly { afterMs: number; level: number }[]) => ({
  skill: "cards",
  level,
  relax,
});
const able = (skills: object, speaks: object = {}) => ({ ...amina, skills, speaks });

describe("a queue that asks for skills", () => {
  it.each([
    ["that an agent has", { skills: [cards(3)] }, [able({ cards: 3 })]],
    ["that are preferred", { skills: [{ ...cards(3), required: false }] }, [amina]],
    ["until it asks for nothing", { skills: [cards(3, { afterMs: 9_000, level: 0 })] }, [amina]],
    [
      "until it asks for less, which an agent has",
      { skills: [cards(5, { afterMs: 9_000, level: 2 })] },
      [able({ cards: 2 })],
    ],
    [
      "and more of them, whatever comes after the longest wait",
      { maxWaitMs: 60_000, skills: [cards(3, { afterMs: 90_000, level: 5 })] },
      [able({ cards: 3 })],
    ],
    [
      "until it is content with anybody",
      { skills: [cards(3)], overflow: [{ when: { waitedMs: 0 }, do: { widenSkills: true } }] },
      [amina],
    ],
    [
      "until it adds agents of another, one of whom has it",
      { skills: [cards(3)], overflow: [{ when: { waitedMs: 0 }, do: { alsoQueue: "sales" } }] },
      [amina, { ...brian, queues: ["sales"], skills: { cards: 3 } }],
    ],
    ["that two have together, one of them", { skills: [cards(1)] }, [able({ cards: 1 }), brian]],
    [
      "and languages, each of which an agent speaks",
      { language: { level: 2 } },
      [able({}, { en: 5 }), { ...brian, speaks: { sw: 2 } }],
    ],
    [
      "and for a language until it does not",
      { language: { level: 2, relax: [{ afterMs: 0, level: 0 }] } },
      [amina],
    ],
    ["and whom no agent serves: nobody waits there", { skills: [cards(3)] }, []],
  ])("is taken: %s", (_, billing, agents) => {
    expect(faultsOf(billing, agents)).toEqual([]);
  });

  it.each([
    [
      "that no agent has",
      { skills: [cards(3)] },
      [able({ cards: 2 }), brian],
      "queues.0.skills.0: queue billing requires cards at 3, which none of its agents has: nobody could take its calls",
    ],
    [
      "that it never asks little enough of",
      { skills: [cards(4, { afterMs: 9_000, level: 3 }, { afterMs: 20_000, level: 2 })] },
      [able({ cards: 1 })],
      "queues.0.skills.0: queue billing requires cards at 2, which none of its agents has: nobody could take its calls",
    ],
    [
      "that it asks more of in the end",
      { skills: [cards(2, { afterMs: 9_000, level: 5 })] },
      [able({ cards: 4 })],
      "queues.0.skills.0: queue billing requires cards at 5, which none of its agents has: nobody could take its calls",
    ],
    [
      "that it asks less of when nobody waits any more",
      { maxWaitMs: 60_000, skills: [cards(2, { afterMs: 60_001, level: 0 })] },
      [amina],
      "queues.0.skills.0: queue billing requires cards at 2, which none of its agents has: nobody could take its calls",
    ],
    [
      "that it is content without only perhaps",
      { skills: [cards(2)], overflow: [{ when: { length: 5 }, do: { widenSkills: true } }] },
      [amina],
      "queues.0.skills.0: queue billing requires cards at 2, which none of its agents has: nobody could take its calls",
    ],
    [
      "that only agents of another have, who are added too late",
      {
        maxWaitMs: 60_000,
        skills: [cards(2)],
        overflow: [{ when: { waitedMs: 60_000 }, do: { alsoQueue: "sales" } }],
      },
      [amina, { ...brian, queues: ["sales"], skills: { cards: 3 } }],
      "queues.0.skills.0: queue billing requires cards at 2, which none of its agents has: nobody could take its calls",
    ],
    [
      "that two agents have, each one of them",
      { skills: [cards(1), { skill: "loans", level: 2 }] },
      [able({ cards: 5 }), { ...brian, skills: { loans: 5 } }],
      "queues.0.skills: queue billing requires cards at 1 and loans at 2, which none of its agents has together: nobody could take its calls",
    ],
    [
      "and a language that no agent speaks",
      { language: { level: 2 } },
      [able({}, { en: 5 })],
      "queues.0.language: queue billing requires speaks-sw at 2, which none of its agents has: nobody could take its calls in sw",
    ],
    [
      "and a language that who has the skill does not speak",
      { skills: [cards(1)], language: {} },
      [able({ cards: 5 }, { en: 1 }), { ...brian, speaks: { sw: 1 } }],
      "queues.0.language: queue billing requires cards at 1 and speaks-sw at 1, which none of its agents has together: nobody could take its calls in sw",
    ],
  ])("is refused: %s", (_, billing, agents, fault) => {
    expect(faultsOf(billing, agents)).toEqual([fault]);
  });
});

describe("a centre", () => {
  const unserved = { joinEmpty: "always" };
  const closed = { zone: "UTC", weekly: { mon: [] }, dates: { "2026-12-25": [] } };
  it.each([
    [
      "a queue that nobody serves and that lets callers wait",
      unserved,
      {},
      /^queues\.0\.joinEmpty: queue billing lets callers wait .*no agent serves it$/,
    ],
    [
      "hours that never open",
      { hours: closed },
      { agents: [amina] },
      /^queues\.0\.hours: queue billing never opens/,
    ],
    ["a weight of 101", { weight: 101 }, { agents: [amina] }, /^queues\.0\.weight: .*100/],
    [
      "a priority that is added and too high",
      { overflow: [{ when: { waitedMs: 0 }, do: { priority: 101 } }] },
      { agents: [amina] },
      /^queues\.0\.overflow\.0\.do(\.priority)?: /,
    ],
    [
      "an important caller of no importance",
      {},
      { agents: [amina], routing: { vip: [{ number: "+254700000001", priority: 0 }] } },
      /^routing\.vip\.0\.priority: .*1/,
    ],
    [
      "a strategy that is a way of ringing",
      { strategy: "ring-all" },
      { agents: [amina] },
      /^queues\.0\.strategy: ring-all is written ring: all; a strategy is one of longest-idle, /,
    ],
    [
      "the other one",
      { strategy: "ring-progressively" },
      { agents: [amina] },
      /ring-progressively is written ring: progressively/,
    ],
    [
      "a strategy that nobody knows",
      { strategy: "fair" },
      { agents: [amina] },
      /^queues\.0\.strategy: a strategy is one of longest-idle, .*weighted-random$/,
    ],
  ])("is refused with %s", (_, billing, more, fault) => {
    const faults = faultsOf(billing, [], more);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(fault);
  });

  it("is refused where callers could go round without waiting", () => {
    const queues = ["billing", "sales"].map((name, index, all) => ({
      name,
      title: name,
      otherwise: { queue: all[1 - index] },
    }));
    const agents = [{ ...amina, queues: ["billing", "sales"] }];
    expect(faultsOf({}, agents, { queues })).toEqual([
      expect.stringContaining("round for ever: billing -> sales -> billing"),
      expect.stringContaining("round for ever: sales -> billing -> sales"),
    ]);
  });
});
