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
    expect(said.definitions["service_level"]).toContain("answered within threshold_seconds");
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
      max_seconds: 200,
    });
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
    for (const name of ["service-level", "agent-performance", "call-duration-stats"])
      expect((await get(`${name}.csv?${day}`)).status).toBe(200);
  });

  it("are not for agents, and are refused with what is wrong", async () => {
    expect((await get(`call-volume?${day}`, "agent")).status).toBe(403);
    expect((await get(`call-volume?${day}`, "viewer")).status).toBe(200);
    for (const [query, field] of [
      ["zone=Mars/Olympus", "zone: must be a zone"],
      ["from=2026-11-20T10:00:00Z&to=2026-11-20T08:00:00Z", "from: must be before to"],
      ["from=2020-01-01T00:00:00Z&to=2026-11-20T08:00:00Z", "at most 400 days"],
      ["queue=nowhere", "queue: must be one of support, complaints"],
      ["interval=fortnight", "interval"],
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
