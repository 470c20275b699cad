import { setTimeout as pause } from "node:timers/promises";
import { until } from "../../lab/until.ts";
import { asteriskHas } from "../census.ts";
import { lines } from "../centre.ts";
import type { Row, Verdict } from "../row.ts";
import { onStage, type Stage } from "../stage.ts";

const nobody = { talking: 0, waiting: 0, ringing: 0, menu: 0, perSecond: 0 } as const;

export const newCalls: Row = {
  name: "newcalls",
  faults: [3],
  what: "callers arrive while the server is down: first for less than the hold, then for longer, then with no agent's phone there",
  expected:
    "nobody is turned away: held and taken up in the order of arrival; then served by the native queue on the same phones; then asked for a message; each of them in the log once, with its times",
  quick: true,
  times: 1,
  run: (verdict, { quick }) => {
    const holdMs = quick ? 5_000 : 60_000;
    return onStage(
      { seats: { wait: 3, brisk: 3 }, load: nobody, centre: { holdMs } },
      async (stage) => {
        await shortly(stage, verdict);
        await forLong(stage, verdict, holdMs);
        await withNobody(stage, verdict, holdMs);
        await stage.conclude(verdict);
      },
    );
  },
};

/** Held, and taken up in the order of arrival; the wait counts from the arrival. */
async function shortly(stage: Stage, verdict: Verdict): Promise<void> {
  await stage.server.kill();
  const numbers = await stage.crowd.join("held", lines.wait, 6, { perSecond: 5 });
  await until("all of them in Asterisk", async () => {
    const { channels } = await asteriskHas(stage.lab);
    return numbers.every((number) => channels.some((channel) => channel.number === number));
  });
  await pause(1_500);
  stage.server.launch();
  await stage.server.healthy();
  const upAt = Date.now();
  let waiting: readonly string[] = [];
  await until("all of them taken up", async () => {
    waiting = (await stage.api.waiting()).map((call) => call.phone_number);
    // The place in the queue is written down a moment before who has it.
    return numbers.every((number) => waiting.includes(number));
  }).catch(() =>
    verdict.breach(`${waiting.length} of ${numbers.length} who were held were taken up`),
  );
  verdict.worst("held_to_taken_up_ms", Date.now() - upAt);
  const arrived = waiting.map((number) => numbers.indexOf(number) + 1).join(", ");
  verdict.expect(
    waiting.join() === numbers.join(),
    `they do not wait in the order of their arrival but so: ${arrived}`,
  );
}

/** Longer than the hold: the native queue rings the same phones. */
async function forLong(stage: Stage, verdict: Verdict, holdMs: number): Promise<void> {
  const { crowd, server } = stage;
  await crowd.send(stage.api, "wait", "available");
  await crowd.gone("held", 20_000);
  await server.kill();
  const numbers = await crowd.join("native", lines.brisk, 6, { perSecond: 5 });
  await crowd
    .gone("native", holdMs + 20_000)
    .catch(() => verdict.breach("the native queue did not serve them all"));
  const legs = (await crowd.agentsSaw()).filter(
    (leg) => numbers.includes(leg.number) && leg.answeredAt !== null,
  );
  verdict.count("served_natively", legs.length);
  server.launch();
  await server.healthy();
}

/** With no phone to ring she leaves a message. */
async function withNobody(stage: Stage, verdict: Verdict, holdMs: number): Promise<void> {
  const { crowd, server, api } = stage;
  await crowd.leaveDesks();
  await server.kill();
  const [number] = await crowd.join("message", lines.brisk, 1, {
    silent: false,
    stay: holdMs + 15_000,
  });
  await crowd.gone("message", holdMs + 25_000);
  server.launch();
  await server.healthy();
  await until("her message in the log", async () => {
    const call = (await api.allPastCalls()).find((each) => each.phone_number === number);
    return call !== undefined && (await api.call(call.call_id)).recordings.length === 1;
  }).catch(() => verdict.breach("the message that was left is not in the log"));
}
