import { afterEach, beforeEach, expect, it } from "vitest";
import { asAgentId, asCallId, asQueueName } from "../../src/domain/ids.ts";
import { exposition } from "../../src/facade/http/exposition.ts";
import { type Harness, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

let harness: Harness;
beforeEach(async () => {
  const violations = {
    agent_in_two_calls: 0,
    reservation_without_call: 2,
    call_without_owner: 0,
    phone_state: 0,
  };
  harness = await startHarness({ violations: () => violations });
});
afterEach(() => harness.stop());

it("are what Prometheus reads, to whoever asks, and say nothing of anybody", async () => {
  const { desk } = harness.deps;
  harness.away = { store: "down" };
  await desk.setPresence(asAgentId("AGT-001"), { is: "available" }, harness.now);
  await desk.setDevice("1001", "idle", harness.now);
  await desk.setPresence(asAgentId("AGT-002"), { is: "paused", reason: "lunch" }, harness.now);
  const waits = { queue: asQueueName("support"), priority: 0, language: null, owner: "test" };
  await desk.join({ ...waits, call: asCallId("CALL-0000000A"), enteredAt: harness.now - 1_500 });
  await desk.join({ ...waits, call: asCallId("CALL-0000000B"), enteredAt: harness.now });
  const enteredAt = harness.now;
  await new Story(harness, "CALL-00000001").until("queued");
  const since = (harness.now - enteredAt) / 1_000;

  const response = await harness.request("GET", "/metrics");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  const lines = text.split("\n");
  for (const line of [
    "# TYPE kituo_queue_waiting gauge",
    'kituo_queue_waiting{queue="support"} 2',
    'kituo_queue_waiting{queue="complaints"} 0',
    `kituo_queue_longest_wait_seconds{queue="support"} ${1.5 + since}`,
    'kituo_queue_agents{queue="support",state="available"} 1',
    'kituo_queue_agents{queue="support",state="paused"} 1',
    'kituo_queue_agents{queue="complaints",state="paused"} 1',
    'kituo_queue_agents{queue="complaints",state="offline"} 1',
    'kituo_calls{stage="queued"} 1',
    "kituo_calls_in_hand 2",
    'kituo_part_up{part="store"} 0',
    'kituo_part_up{part="desk"} 1',
    "# TYPE kituo_invariant_violations_total counter",
    'kituo_invariant_violations_total{invariant="reservation_without_call"} 2',
    'kituo_invariant_violations_total{invariant="phone_state"} 0',
  ])
    expect(lines).toContain(line);
  expect(text).not.toMatch(/AGT-|CALL-|Amina|\+254/);
  // Every line is a comment or a sample, and every sample belongs to the family above it.
  let family = "";
  for (const line of lines.slice(0, -1)) {
    const [, named] = /^# (?:HELP|TYPE) (\w+) \S/.exec(line) ?? [];
    if (named === undefined) expect(line).toMatch(new RegExp(`^${family}(\\{[^}]+\\})? [\\d.]+$`));
    else family = named;
  }
});

it("escape what stands in labels", () => {
  const samples = [{ labels: { queue: 'a"b\\c\nd' }, value: 1 }];
  expect(exposition([{ name: "n", help: "h", type: "gauge", samples }])).toBe(
    '# HELP n h\n# TYPE n gauge\nn{queue="a\\"b\\\\c\\nd"} 1\n',
  );
});
