import { setTimeout as pause } from "node:timers/promises";
import { until } from "../lab/until.ts";
import { told } from "./invariants.ts";
import { type Judged, logBreaches, type Story } from "./logbook.ts";
import { type Carried, soundCarried } from "./media.ts";
import { messageOf, type Verdict } from "./row.ts";
import type { Stage } from "./stage.ts";
import { timeline } from "./timeline.ts";
import { complaints, overtakes } from "./witness.ts";

/**
 * Everybody leaves: the waiting are served in their order, the others hang up. Then nothing may be left, nobody may
 * complain, and the log must tell what the phones saw; with `lateMs` Asterisk itself may have seen it so much later.
 */
export async function conclude(stage: Stage, verdict: Verdict, lateMs: number): Promise<void> {
  const { crowd, api } = stage;
  const patiently = (what: string, work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => verdict.breach(`${what}: ${messageOf(error)}`));
  const entered = (await api.waiting()).map((call) => call.phone_number);
  await patiently("arrivals", crowd.finishArrivals());
  await patiently("waiting callers", crowd.serveWaiting(api));
  await crowd.hangUp("ring");
  await crowd.hangUp("menu");
  const carried = await soundCarried(stage.lab);
  await crowd.hangUp("talk");
  await patiently("the end", nothingLeft(stage));

  const callers = await crowd.callersSaw();
  const agents = await crowd.agentsSaw();
  const heard = complaints(
    callers.filter((call) => !crowd.excused.has(call.number)),
    agents,
  );
  verdict.count("calls", callers.length);
  verdict.count("dropped", heard.dropped.length);
  verdict.count("rings_broken_off", heard.brokenOff.length);
  verdict.worst("left_alone_ms", heard.leftAloneMs);
  tell(verdict, "callers were dropped", heard.dropped);
  tell(verdict, "agents were cut off", heard.cutOff);
  tell(verdict, "agents were rung while busy", heard.twoAtOnce);
  const harmed = [...heard.dropped, ...heard.cutOff, ...heard.twoAtOnce];
  for (const number of [...numbersIn(harmed)].slice(0, 3))
    verdict.breach(`what is known of ${number}:\n${await timeline(api, number, callers, agents)}`);
  const order = overtakes(entered, await crowd.agentsSaw("wait"));
  verdict.count("overtaken", order.length);
  tell(verdict, "waiting callers were overtaken", order);

  const stalledMs = await crowd.longestStall();
  if (stalledMs > 0) verdict.worst("phones_stalled_ms", stalledMs);
  let judged = await judgeLog(stage, carried, { lateMs, stalledMs });
  // Reading the whole log takes its time, so the seconds that it has got are counted from the first reading on.
  const until = performance.now() + 10_000;
  while (judged.breaches.length > 0 && performance.now() < until) {
    await pause(500);
    judged = await judgeLog(stage, carried, { lateMs, stalledMs });
  }
  const faults = told(judged.breaches);
  verdict.breach(...faults);
  for (const number of [...numbersIn(judged.breaches.map(({ subject }) => subject))].slice(0, 2))
    verdict.breach(`what is known of ${number}:\n${await timeline(api, number, callers, agents)}`);
  if (faults.length > 0)
    verdict.breach(`the phones say: ${(await crowd.phonesComplain()).join("; ")}`);
  verdict.count("log_faults", faults.length);
  if (judged.silentPhones > 0) verdict.count("silent_phones", judged.silentPhones);
}

async function judgeLog(
  { crowd, api }: Stage,
  carried: readonly Carried[],
  slack: Pick<Story, "lateMs" | "stalledMs">,
): Promise<Judged> {
  const story = {
    callers: await crowd.callersSaw(),
    agents: await crowd.agentsSaw(),
    audible: new Set(crowd.numbers.talk),
    unwatched: crowd.excused,
    carried,
    ...slack,
  };
  return await logBreaches(api, story);
}

async function nothingLeft(stage: Stage): Promise<void> {
  let left = "";
  await until(
    "the end of all calls",
    async () => {
      const { calls, channels, bridges, agents } = await stage.census();
      const busy = agents.filter(
        (agent) => agent.reservation === "offered" || agent.activity === "talking",
      );
      left = `${calls.length} calls, ${channels.length} channels, ${bridges.length} bridges, ${busy.length} busy agents: ${[...channels, ...bridges].map(({ id }) => id).join()}`;
      return calls.length + channels.length + bridges.length + busy.length === 0;
    },
    10_000,
  ).catch((error: unknown) => {
    throw new Error(`left over are ${left}`, { cause: error });
  });
}

const numbersIn = (texts: readonly string[]): ReadonlySet<string> =>
  new Set(texts.flatMap((text) => text.match(/\+\d+/g) ?? []));

function tell(verdict: Verdict, what: string, whom: readonly string[]): void {
  if (whom.length > 0)
    verdict.breach(
      `${whom.length} ${what}: ${whom.slice(0, 5).join("; ")}${whom.length > 5 ? "; ..." : ""}`,
    );
}
