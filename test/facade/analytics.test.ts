import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fold } from "../../src/domain/call.ts";
import type { CallFact } from "../../src/domain/call-fact.ts";
import { asAgentId, asBridgeId, asCallId, asChannelId, asQueueName } from "../../src/domain/ids.ts";
import {
  agentsSchema,
  durationsSchema,
  levelSchema,
  volumeSchema,
} from "../../src/facade/contract/analytics.ts";
import { type Harness, nowAtStart, startHarness } from "./harness.ts";

const support = asQueueName("support");
const amina = asAgentId("AGT-001");
let harness: Harness;

/** One call of support: it begins at this second, waits, and is answered and talked, or is given up. */
async function call(index: number, begin: number, waits: number, talks: number | null) {
  const started: CallFact = {
    type: "started",
    direction: "inbound",
    caller: "+254700000001",
    callerName: "",
    dialled: "1",
    channel: asChannelId(`in-${index}`),
  };
  const answered: readonly (readonly [number, CallFact])[] = [
    [
      waits,
      {
        type: "connected",
        agent: amina,
        extension: "1001",
        bridge: asBridgeId("b"),
        channel: asChannelId("a"),
      },
    ],
    [
      waits + (talks ?? 0),
      { type: "ended", ending: { result: "completed", reason: "talked", by: "caller" } },
    ],
  ];
  const gaveUp: readonly (readonly [number, CallFact])[] = [
    [
      waits,
      { type: "ended", ending: { result: "abandoned", reason: "hung_up_waiting", by: "caller" } },
    ],
  ];
  const facts: readonly (readonly [number, CallFact])[] = [
    [0, started],
    [0, { type: "queued", queue: support, priority: 0 }],
    ...(talks === null
      ? gaveUp
      : ([
          [
            waits - 1,
            { type: "offered", agent: amina, extension: "1001", queue: support, reasons: [] },
          ],
          ...answered,
        ] as const)),
  ];
  const id = asCallId(`CALL-${String(index).padStart(8, "0")}`);
  const events = facts.map(([seconds, fact], at) => ({
    ...fact,
    call: id,
    seq: at + 1,
    at: nowAtStart + (begin + seconds) * 1_000,
  }));
  await harness.deps.store.calls.append(events, [fold(events)]);
}

beforeAll(async () => {
  harness = await startHarness();
  // In the first hour three answered after 10, 20 and 40 s, and one who gave up after 30; in the second one more.
  await call(1, 0, 10, 100);
  await call(2, 60, 20, 200);
  await call(3, 120, 40, 60);
  await call(4, 180, 30, null);
  await call(5, 3_700, 5, 40);
});
afterAll(() => harness.stop());

const day = "from=2026-11-20T08:00:00Z&to=2026-11-20T10:00:00Z";
async function get(path: string, as: "supervisor" | "viewer" | "agent" = "supervisor") {
  return await harness.request("GET", `/api/analytics/${path}`, { as });
}

describe("reports", () => {
  it("tell how many calls there were, by interval", async () => {
    const said = volumeSchema.parse(await (await get(`call-volume?${day}`)).json());
    expect(said.intervals).toMatchObject([
      { at: "2026-11-20T08:00:00.000Z", calls: 4, inbound: 4, completed: 3, abandoned: 1 },
      { at: "2026-11-20T09:00:00.000Z", calls: 1, completed: 1, abandoned: 0 },
    ]);
    expect(said.total).toMatchObject({ calls: 5, completed: 4, abandoned: 1, live: 0 });
    expect(said.definitions["abandoned"]).toContain("in a menu too");
    expect(said.queues).toMatchObject([
      { queue: "support", calls: 5, completed: 4 },
      { queue: "complaints", calls: 0 },
    ]);
    const hers = async (agent: string) =>
      volumeSchema.parse(await (await get(`call-volume?${day}&agent=${agent}`)).json()).total.calls;
    expect([await hers("AGT-001"), await hers("AGT-002")]).toEqual([4, 0]);
    const none = volumeSchema.parse(
      await (await get(`call-volume?${day}&queue=complaints`)).json(),
    );
    expect(none.total.calls).toBe(0);
  });

  it("tell the service level of each queue, by interval and by each definition, with what it means", async () => {
    const said = levelSchema.parse(await (await get(`service-level?${day}&queue=support`)).json());
    expect(said.intervals).toMatchObject([
      {
        offered: 4,
        answered: 3,
        abandoned: 1,
        service_level: 0.5, // 2 of 10, 20 and 40 s are in time; 2 / (3 + 1)
        asa_seconds: 23.3, // 70 / 3
        abandon_rate: 0.25,
        longest_wait_seconds: 40,
        aht_seconds: 120, // (100 + 200 + 60) / 3
      },
      { offered: 1, service_level: 1, asa_seconds: 5, aht_seconds: 40 },
    ]);
    expect(said.queues).toMatchObject([
      {
        queue: "support",
        service_level: 0.6, // 3 / (4 + 1)
        service_levels: { answered_or_abandoned: 0.6, answered_only: 0.75, late_abandons: 0.6 },
      },
    ]);
    expect(said.total).toMatchObject({
      offered: 5,
      handled: 4,
      talk_seconds: 400, // 100 + 200 + 60 + 40
      hold_seconds: null,
      wrap_seconds: null,
      occupancy: null,
      service_level: 0.6,
      service_levels: { answered_under: 0.5, all_offered: 0.6 }, // 5 and 10 of 5, 10, 20, 40 s; 3 / 5
    });
    expect(said.aht_covers).toEqual(["talk"]);
    expect(said.definitions["service_level"]).toBe(
      "A_T / (A + B) (answered_or_abandoned); A answered, B abandoned, S short_abandoned (before 5 s), C callbacks, N offered; with T: those of them who had waited no longer than 20 s, with <T: less than that",
    );
    expect(said.definitions["service_levels.all_offered"]).toBe("A_T / (N - S)");
    for (const name of Object.keys(said.total).filter((each) => each !== "service_levels"))
      expect(Object.keys(said.definitions)).toContain(name);
    const strict = await (
      await get(`service-level?${day}&queue=support&threshold_seconds=10`)
    ).json();
    expect(levelSchema.parse(strict).queues[0]?.service_level).toBe(0.4); // 2 / 5
  });

  it("tell what agents did", async () => {
    const said = agentsSchema.parse(await (await get(`agent-performance?${day}`)).json());
    expect(said.agents).toMatchObject([
      {
        agent_id: "AGT-001",
        offers: 4,
        answered: 4,
        missed: 0,
        calls: 4,
        talk_seconds: 400,
        aht_seconds: 100,
        occupancy: null,
      },
      { agent_id: "AGT-002", calls: 0, aht_seconds: null },
      { agent_id: "AGT-003", calls: 0 },
    ]);
    expect(said.definitions["occupancy"]).toMatch(/^null: /);
    for (const name of Object.keys(said.agents[0] ?? {}).filter(
      (each) => !/^(agent_id|name)$/.test(each),
    ))
      expect(Object.keys(said.definitions)).toContain(name);
    const hourly = agentsSchema.parse(
      await (await get(`agent-performance?${day}&interval=hour&agent=AGT-001`)).json(),
    );
    expect(hourly.agents).toMatchObject([
      {
        calls: 4,
        intervals: [
          { at: "2026-11-20T08:00:00.000Z", calls: 3, talk_seconds: 360, aht_seconds: 120 },
          { at: "2026-11-20T09:00:00.000Z", calls: 1, talk_seconds: 40 },
        ],
      },
    ]);
  });

  it("tell how long calls, conversations and waits were", async () => {
    const said = durationsSchema.parse(await (await get(`call-duration-stats?${day}`)).json());
    expect(said.duration).toMatchObject({ count: 5, min_seconds: 30, max_seconds: 220 });
    expect(said.talk).toEqual({
      count: 4,
      total_seconds: 400,
      average_seconds: 100,
      min_seconds: 40,
      median_seconds: 60, // the second of 40, 60, 100, 200
      p90_seconds: 200,
      p95_seconds: 200,
      p99_seconds: 200,
      max_seconds: 200,
    });
    expect(said.queues).toMatchObject([
      { queue: "support", talk: { count: 4, median_seconds: 60 }, wait: { median_seconds: 10 } },
      { queue: "complaints", talk: { count: 0, median_seconds: null } },
    ]);
    expect(said.agents[0]).toMatchObject({ agent_id: "AGT-001", talk: { total_seconds: 400 } });
    expect(said.wait).toMatchObject({ count: 4, average_seconds: 18.8, median_seconds: 10 });
  });

  it("come as tables too", async () => {
    const response = await get(`call-volume.csv?${day}`);
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    // The byte order mark is taken off by who decodes it.
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    const [head, first] = bytes.toString("utf8").slice(1).split("\r\n");
    expect(head).toMatch(/^at,calls,inbound,/);
    expect(first).toMatch(/^2026-11-20T08:00:00.000Z,4,4,/);
    const table = async (path: string) => {
      const text = await (await get(path)).text();
      return text
        .trim()
        .split("\r\n")
        .map((line) => line.split(","));
    };
    const levels = await table(`service-level.csv?${day}`);
    expect(levels[0]?.slice(0, 4)).toEqual(["at", "queue", "offered", "answered"]);
    expect(levels).toHaveLength(1 + 2 * 2); // two hours of two queues
    expect(levels[1]?.slice(0, 4)).toEqual(["2026-11-20T08:00:00.000Z", "support", "4", "3"]);
    expect(await table(`agent-performance.csv?${day}`)).toHaveLength(1 + 3);
    const hourly = await table(`agent-performance.csv?${day}&interval=hour`);
    expect(hourly).toHaveLength(1 + 3 * 2);
    expect(hourly[1]?.slice(0, 3)).toEqual([
      "2026-11-20T08:00:00.000Z",
      "AGT-001",
      "Amina Odhiambo",
    ]);
    const durations = await table(`call-duration-stats.csv?${day}`);
    expect(durations[0]?.slice(0, 5)).toEqual([
      "of",
      "queue",
      "agent_id",
      "count",
      "total_seconds",
    ]);
    expect(durations[1]?.slice(0, 4)).toEqual(["duration", "", "", "5"]);
    // All three of all; talk and wait of two queues and of three agents.
    expect(durations).toHaveLength(1 + 3 + 2 * 2 + 3 * 2);
  });

  it("are not for agents, and are refused with what is wrong", async () => {
    expect((await get(`call-volume?${day}`, "agent")).status).toBe(403);
    expect((await get(`call-volume?${day}`, "viewer")).status).toBe(200);
    expect((await get(`agent-performance?${day}`, "viewer")).status).toBe(403);
    for (const [query, field] of [
      ["zone=Mars/Olympus", "zone: must be a zone"],
      ["from=2026-11-20T10:00:00Z&to=2026-11-20T08:00:00Z", "from: must be before to"],
      ["from=2020-01-01T00:00:00Z&to=2026-11-20T08:00:00Z", "at most 400 days"],
      ["queue=nowhere", "queue: must be one of support, complaints"],
      ["interval=fortnight", "interval"],
      ["agent=AGT-999", "agent: there is no such agent"],
      ["from=2026-01-01T00:00:00Z&to=2026-11-20T08:00:00Z&interval=15m", "interval: so short"],
      ["from=2026-02-30T00:00:00Z", "from"],
    ] as const) {
      const response = await get(`call-volume?${query}`);
      expect([query, response.status]).toEqual([query, 400]);
      expect(JSON.stringify(await response.json())).toContain(field);
    }
    expect((await get(`service-level?threshold_seconds=1e9`)).status).toBe(400);
    expect((await get("agent-performance?agent=AGT-999")).status).toBe(400);
  });
});
