import { describe, expect, it } from "vitest";
import { centreSchema } from "../../src/domain/centre.ts";
import { type Menu, menuSchema } from "../../src/domain/ivr.ts";
import { checkMenus } from "../../src/domain/menu-check.ts";
import { offersOf } from "../../src/domain/waiting.ts";
import { menuSurroundings } from "../../src/ops/menus/load.ts";
import { readYaml } from "../../src/ops/yaml.ts";

/** What is said against a centre whose queues are these; each is served by one agent, but for those in `unserved`. */
function faultsOf(
  queues: Readonly<Record<string, object>>,
  unserved: readonly string[] = [],
  trunks: readonly object[] = [],
) {
  const names = Object.keys(queues);
  const read = centreSchema.safeParse({
    queues: names.map((name) => ({ name, title: name, ...queues[name] })),
    trunks,
    agents: names
      .filter((name) => !unserved.includes(name))
      .map((name, index) => ({
        id: `AGT-00${index + 1}`,
        name: `Agent of ${name}`,
        extension: `100${index + 1}`,
        queues: [name],
      })),
  });
  return (read.error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const moves = (queue: string, when: object = { noAgents: true }) => ({
  overflow: [{ when, do: { queue } }],
});

describe("what a queue does for those who wait", () => {
  it("needs nothing to be said", () => {
    expect(faultsOf({ support: {} })).toEqual([]);
  });

  it("is taken with everything that can be said", () => {
    const support = {
      announce: { position: false, estimate: true, messages: ["thanks-for-waiting"] },
      estimate: { priorMs: 120_000, fromCalls: 3 },
      exits: { "1": { voicemail: true }, "2": { queue: "sales" }, "*": { menu: "main" } },
      maxLength: 20,
      joinEmpty: "available",
      leaveEmpty: "signed-in",
      leaveEmptyAfterMs: 30_000,
      overflow: [
        { when: { waitedMs: 60_000 }, do: { priority: 2 } },
        { when: { waitedMs: 120_000 }, do: { widenSkills: true } },
        { when: { waitedMs: 180_000 }, do: { alsoQueue: "sales" } },
        { when: { estimateMs: 600_000 }, do: { queue: "sales" } },
        { when: { length: 10 }, do: { menu: "main" } },
      ],
      otherwise: { queue: "sales" },
    };
    expect(faultsOf({ support, sales: {} })).toEqual([]);
  });

  it("is refused where it leads to a queue that is not there, that is itself, or that nobody serves", () => {
    expect(faultsOf({ support: moves("sails"), sales: {} })).toEqual([
      "queues.0.overflow.0.do.queue: queue support leads to queue sails, which is not defined",
    ]);
    expect(faultsOf({ support: { exits: { "1": { queue: "support" } } } })).toEqual([
      "queues.0.exits.1.queue: queue support leads to itself",
    ]);
    expect(faultsOf({ support: { otherwise: { queue: "sales" } }, sales: {} }, ["sales"])).toEqual([
      "queues.0.otherwise.queue: queue support leads to queue sales, which no agent serves",
    ]);
  });

  it("is refused where it adds the agents of a queue that is not there, that is itself, or that nobody serves", () => {
    const adds = (alsoQueue: string) => ({
      overflow: [{ when: { waitedMs: 0 }, do: { alsoQueue } }],
    });
    const at = "queues.0.overflow.0.do.alsoQueue: queue support leads to";
    expect(faultsOf({ support: adds("sails") })).toEqual([
      `${at} queue sails, which is not defined`,
    ]);
    expect(faultsOf({ support: adds("support") })).toEqual([`${at} itself`]);
    expect(faultsOf({ support: adds("sales"), sales: {} }, ["sales"])).toEqual([
      `${at} queue sales, which no agent serves`,
    ]);
    // Nobody is moved by it, so two queues may help each other.
    expect(faultsOf({ support: adds("sales"), sales: adds("support") })).toEqual([]);
  });

  it("may lead to a number outside that a trunk leads to, and to no other", () => {
    const number = "+254700000001";
    const leads = (more: object) => ({
      support: { overflow: [{ when: { noAgents: true }, do: { number, ...more } }] },
    });
    const trunk = { name: "provider", host: "sip.example.org" };
    expect(faultsOf(leads({}), [], [trunk])).toEqual([]);
    expect(faultsOf(leads({ trunk: "provider" }), [], [trunk])).toEqual([]);
    const at = "queues.0.overflow.0.do: queue support leads to a number outside:";
    expect(faultsOf(leads({}))).toEqual([`${at} there is no trunk`]);
    expect(faultsOf(leads({ trunk: "other" }), [], [trunk])).toEqual([
      `${at} trunk other is not defined`,
    ]);
    expect(faultsOf(leads({}), [], [{ ...trunk, host: "10.0.0.0/8" }])).toEqual([
      `${at} the host of trunk provider is a network, which cannot be called`,
    ]);
    expect(faultsOf(leads({ number: "0700000001" }), [], [trunk])).toHaveLength(1);
    // Who is not answered there goes where `otherwise` says, so that is never a number again.
    expect(faultsOf({ support: { otherwise: { number } } }, [], [trunk])).toEqual([
      "queues.0.otherwise: it leads to one of {voicemail: true}, {callback: true}, {queue: NAME}, {menu: NAME}",
    ]);
  });

  it("is refused where callers could go round without waiting, each queue on the way being told", () => {
    const round = { support: moves("sales"), sales: moves("billing"), billing: moves("support") };
    expect(faultsOf(round)).toEqual([
      "queues.0.overflow.0.do.queue: callers could go round for ever: support -> sales -> billing -> support",
      "queues.1.overflow.0.do.queue: callers could go round for ever: sales -> billing -> support -> sales",
      "queues.2.overflow.0.do.queue: callers could go round for ever: billing -> support -> sales -> billing",
    ]);
    const full = { support: { otherwise: { queue: "sales" } }, sales: moves("support") };
    expect(faultsOf(full)).toHaveLength(2);
  });

  it("may lead round where callers wait on the way, or press a key", () => {
    const waits = { support: moves("sales", { waitedMs: 30_000 }), sales: moves("support") };
    expect(faultsOf(waits)).toEqual([]);
    const presses = { support: { exits: { "1": { queue: "sales" } } }, sales: moves("support") };
    expect(faultsOf(presses)).toEqual([]);
    const atOnce = { support: moves("sales", { waitedMs: 0 }), sales: moves("support") };
    expect(faultsOf(atOnce)).toHaveLength(2);
  });

  it("calls back over a trunk, which has to be there and to be called at", () => {
    const provider = { name: "provider", host: "provider.example" };
    const ways = [
      { exits: { "1": { callback: true } } },
      { otherwise: { callback: true } },
      { overflow: [{ when: { waitedMs: 60_000 }, do: { callback: true } }] },
    ];
    const only = ["+254"];
    for (const way of ways) {
      const allowed = { ...way, callback: { only } };
      expect(faultsOf({ support: allowed }, [], [provider])).toEqual([]);
      expect(faultsOf({ support: allowed })).toEqual([
        "queues.0.callback: queue support calls back: there is no trunk",
      ]);
      expect(faultsOf({ support: way }, [], [provider])).toEqual([
        expect.stringContaining("support calls back, and names no numbers that may be called"),
      ]);
    }
    const other = { ...ways[0], callback: { only, trunk: "other" } };
    expect(faultsOf({ support: other }, [], [provider])).toEqual([
      "queues.0.callback: queue support calls back: trunk other is not defined",
    ]);
    const allowed = { ...ways[0], callback: { only } };
    expect(faultsOf({ support: allowed }, [], [{ name: "lan", host: "10.0.0.0/8" }])).toEqual([
      "queues.0.callback: queue support calls back: the host of trunk lan is a network, which cannot be called",
    ]);
    expect(faultsOf({ support: { callback: { mode: "both" } } })).toHaveLength(1);
  });

  it("is refused with a key that no telephone has, and with a step that means nothing", () => {
    expect(faultsOf({ support: { exits: { "12": { voicemail: true } } } })).toEqual([
      expect.stringContaining("queues.0.exits.12"),
    ]);
    expect(faultsOf({ support: { exits: { "1": { queue: "a", menu: "b" } } } })).toEqual([
      "queues.0.exits.1: a key leads to one of {voicemail: true}, {callback: true}, {queue: NAME}, {menu: NAME}",
    ]);
    const step = { when: { waited: 5 }, do: { voicemail: true } };
    expect(faultsOf({ support: { overflow: [step] } })).toEqual([
      "queues.0.overflow.0.when: it is one of {waitedMs: N}, {estimateMs: N}, {length: N}, {noAgents: true}",
    ]);
  });

  it("is refused with a key that is named twice, however it is written", () => {
    const text = `queues:
  - name: support
    title: Support
    exits:
      1: { voicemail: true }
      "1": { menu: main }
agents: []
`;
    expect(readYaml("kituo.yaml", text, centreSchema).faults).toEqual([
      { file: "kituo.yaml", line: 6, reason: "duplicated mapping key" },
    ]);
  });

  it("offers each key by what it does, or in the admin's own words", () => {
    const exits = {
      "*": { menu: "main" },
      "2": { queue: "sales", prompt: "ask-sales" },
      "1": { voicemail: true as const },
    };
    expect(offersOf(exits)).toEqual(["exit-voicemail-1", "ask-sales", "exit-menu-star"]);
    expect(offersOf({ "#": { callback: true } })).toEqual(["exit-callback-hash"]);
  });
});

describe("what a queue names outside of itself", () => {
  const leave = { hangup: "goodbye" };
  const menu = (name: string): Menu =>
    menuSchema.parse({
      menu: name,
      prompts: ["hello"],
      keys: {},
      noInput: { then: leave },
      invalid: { then: leave },
      error: leave,
    });
  const menus = new Map(["start", "late"].map((name) => [name, menu(name)]));
  const prompts = new Map([
    ["en" as const, new Set(["hello", "goodbye", "invalid-key", "english"])],
    ["sw" as const, new Set(["hello", "goodbye", "invalid-key"])],
  ]);
  const faults = (support: object) => {
    const centre = centreSchema.parse({
      languages: ["en", "sw"],
      entryMenu: "start",
      queues: [{ name: "support", title: "Support", ...support }],
      agents: [],
    });
    return checkMenus(menus, menuSurroundings(centre, prompts)).map(({ reason }) => reason);
  };

  it("may be a menu that only it leads to, and prompts that every language has", () => {
    expect(faults({ otherwise: { menu: "late" }, announce: { messages: ["hello"] } })).toEqual([]);
  });

  it("is refused when it is no menu, or no prompt in one of the languages", () => {
    const unknown = { otherwise: { menu: "later" }, announce: { messages: ["english"] } };
    expect(faults({ ...unknown, exits: { "1": { menu: "late", prompt: "hello" } } })).toEqual([
      "queue support leads to menu later, which is not there",
      "queue support tells english, which is no prompt in sw",
    ]);
  });
});
