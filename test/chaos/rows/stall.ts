import { setTimeout as pause } from "node:timers/promises";
import { lines } from "../centre.ts";
import type { Row } from "../row.ts";
import { onStage } from "../stage.ts";

/** In npm test there are fewer: a slow machine cannot carry so many at once, whoever decides about them. */
const perSecond = { alone: 50, quick: 20 } as const;
const stallMs = 500;

export const stall: Row = {
  name: "stall",
  faults: [6],
  what: `the event loop stands still for ${stallMs} ms, again and again, at ${perSecond.alone} calls a second (${perSecond.quick} in npm test)`,
  expected:
    "the connection to Asterisk stays, or is back within 1 s; every caller is taken and logged once",
  quick: true,
  times: 3,
  run: (verdict, { quick, times }) =>
    onStage(
      {
        seats: { wait: 3 },
        load: { talking: 0, waiting: 0, ringing: 0, menu: 0, perSecond: 0 },
        troubled: true,
      },
      async (stage) => {
        const each = quick ? perSecond.quick : perSecond.alone;
        const count = each * (quick ? 6 : 20);
        const from = Date.now();
        const stay = 1_500;
        await stage.crowd.join("passers", lines.wait, count, { perSecond: each, stay });
        for (let done = 1; done <= times; done += 1) {
          await pause(((count / each) * 1_000) / (times + 1));
          await stage.trouble.make({ stall: done, stallMs });
        }
        await stage.crowd.gone("passers", 20_000);
        const lost = (await stage.server.said(from)).filter(
          (line) => line.msg === "events of asterisk: connection lost",
        );
        verdict.count("disconnects", lost.length);
        for (const { time } of lost) {
          const back = await stage.server.spoke("events of asterisk: connected", 3_000, time);
          verdict.within("reattached_ms", back === null ? Infinity : back.time - time, 1_000);
        }
        await stage.conclude(verdict);
      },
    ),
};
