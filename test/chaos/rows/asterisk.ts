import { setTimeout as pause } from "node:timers/promises";
import { signalProgram, tellAsterisk } from "../../lab/program.ts";
import { until } from "../../lab/until.ts";
import { noticed } from "../health.ts";
import { fullHouse, survives } from "../return.ts";
import type { Row, Verdict } from "../row.ts";
import { onStage, type Stage } from "../stage.ts";

export const asteriskKill: Row = {
  name: "asterisk-kill",
  faults: [8],
  what: "SIGKILL of Asterisk, started again at once",
  expected:
    "2 s after it is fully booted no live call, no busy agent, every phone idle; each call closed in the log with its cause; a ticket to call back each caller who waited; the next callers are served",
  quick: true,
  times: 1,
  run: (verdict, options) =>
    onStage(fullHouse(options), async (stage) => {
      const { asterisk } = stage.lab.instance;
      const before = await stage.census();
      signalProgram(asterisk, "SIGKILL");
      await asterisk.ended;
      verdict.worst("noticed_ms", await noticed(stage.server, "asterisk", false, 5_000));
      const from = Date.now();
      await stage.lab.instance.restartAsterisk();
      verdict.worst("boot_ms", Date.now() - from);
      await pause(2_000);
      const after = await stage.census();
      const old = new Set(before.calls.map((call) => call.call_id));
      const alive = after.calls.filter((call) => old.has(call.call_id));
      verdict.expect(alive.length === 0, `${alive.length} calls live on that Asterisk lost`);
      const wrong = after.agents.filter(
        (agent) =>
          agent.queues[0] !== "brisk" &&
          (agent.activity !== "none" || agent.reservation !== "none"),
      );
      verdict.expect(wrong.length === 0, `${wrong.length} agents are busy with nothing`);
      await closedWithCause(stage, verdict, [...old], before.waiting.length);
      await stage.dismiss();
      await stage.gather();
      await stage.conclude(verdict);
    }),
};

async function closedWithCause(
  { api, crowd }: Stage,
  verdict: Verdict,
  calls: readonly string[],
  waited: number,
): Promise<void> {
  const waiting = new Set(crowd.numbers.wait);
  let callBacks = 0;
  const open: string[] = [];
  for (const id of calls) {
    const call = await api.call(id);
    if (call.ending === null) open.push(id);
    else if (call.ending.result !== "failed" && call.connected_at === null)
      open.push(`${id} ${call.ending.reason}`);
    if (waiting.has(call.phone_number)) callBacks += (await api.tickets(id)).length;
  }
  verdict.expect(
    open.length === 0,
    `${open.length} calls are not closed with their cause: ${open.slice(0, 5).join(", ")}`,
  );
  verdict.count("callbacks", callBacks);
  verdict.expect(
    callBacks >= waiting.size,
    `${callBacks} tickets to call back for ${waited} who waited`,
  );
}

export const asteriskHang: Row = {
  name: "asterisk-hang",
  faults: [10],
  what: "Asterisk frozen (SIGSTOP) for 20 s (8 s in npm test)",
  expected: "seen in /health within 5 s; when it goes on, so does everything, with no call lost",
  quick: true,
  times: 1,
  run: (verdict, options) =>
    onStage(fullHouse(options), async (stage) => {
      const lasts = options.quick ? 8_000 : 20_000;
      const { asterisk } = stage.lab.instance;
      const hang = async (): Promise<void> => {
        signalProgram(asterisk, "SIGSTOP");
        try {
          const from = performance.now();
          const seen = await noticed(stage.server, "asterisk", false, 8_000);
          verdict.within("noticed_ms", seen, 5_000);
          const rest = lasts - (performance.now() - from);
          await pause(Math.max(0, rest));
        } finally {
          signalProgram(asterisk, "SIGCONT");
        }
        verdict.worst("back_ms", await noticed(stage.server, "asterisk", true, 10_000));
      };
      // No switch was wound meanwhile, so the dialplan has had the callers for a moment.
      await survives(stage, verdict, "the thaw", hang, { rungAnew: true });
      await stage.conclude(verdict, lasts);
    }),
};

export const asteriskReload: Row = {
  name: "asterisk-reload",
  faults: [9],
  what: "Asterisk reads its whole configuration again (SIGHUP)",
  expected: "nothing is felt by anybody",
  quick: false,
  times: 1,
  run: (verdict, options) =>
    onStage(fullHouse(options), async (stage) => {
      await survives(stage, verdict, "the reload", async () => {
        stage.lab.instance.asterisk.signal("SIGHUP");
      });
      await stage.conclude(verdict);
    }),
};

export const asteriskRestart: Row = {
  name: "asterisk-restart",
  faults: [9],
  what: "Asterisk restarted in order (core restart when convenient): its calls are let end first",
  expected: "no call dropped; it restarts with its last call",
  quick: false,
  times: 1,
  run: (verdict, options) =>
    onStage(fullHouse(options), async (stage) => {
      const { asterisk } = stage.lab.instance;
      const { crowd } = stage;
      const before = await bootedAt(stage);
      await tellAsterisk(asterisk, "core restart when convenient");
      await crowd.finishArrivals();
      await crowd.serveWaiting(stage.api);
      verdict.expect((await bootedAt(stage)) === before, "it restarted under people who talked");
      // Those who end are as they were to the last.
      for (const group of ["talk", "ring", "menu"]) await crowd.hangUp(group);
      const from = Date.now();
      await until(
        "another life of Asterisk",
        async () => (await bootedAt(stage)) !== before,
        20_000,
      );
      const booted = Date.now();
      verdict.worst("restart_ms", booted - from);
      // It is up again before anybody may have seen that it was away.
      const back = await stage.server.spoke("Asterisk is back", 10_000, from);
      verdict.within("back_ms", back === null ? Infinity : Math.max(0, back.time - booted), 5_000);
      await stage.conclude(verdict);
    }),
};

/** When this life of Asterisk began; `null` while it has none. */
async function bootedAt({ lab }: Stage): Promise<string | null> {
  try {
    const info = await lab.ari<{ status: { startup_time: string } }>(
      "GET",
      "asterisk/info?only=status",
    );
    return info.status.startup_time;
  } catch {
    return null; // Nobody listens while it boots.
  }
}
