import type { CallDetail } from "../../src/facade/contract/call.ts";
import type { Client } from "../lab/client.ts";
import type { Breach } from "./invariants.ts";
import type { Carried } from "./media.ts";
import { truthMs } from "./row.ts";
import type { SeenCall } from "./seen.ts";
import { recordingFaults } from "./voices.ts";

export interface Story {
  readonly callers: readonly SeenCall[];
  readonly agents: readonly SeenCall[];
  /** Whose side of a conversation is to be heard in its recording. */
  readonly audible: ReadonlySet<string>;
  /** Callers whose agents nobody watched, so that no more than the beginning of their calls can be compared. */
  readonly unwatched: ReadonlySet<string>;
  /** By how much Asterisk itself was late to see a caller, at most: while it was frozen, it saw nobody. */
  readonly lateMs: number;
  /** How long the phones themselves stood still, at most: what they saw may have been so much earlier or later. */
  readonly stalledMs: number;
  /** What Asterisk had got of sound before everybody left. */
  readonly carried: readonly Carried[];
}

/** What is wrong with the log, and how many telephones were silent themselves, for which nobody else can be blamed. */
export interface Judged {
  readonly breaches: readonly Breach[];
  readonly silentPhones: number;
}

/** Holds the call log against what the phones saw: each call once, its times true, its recording playable. */
export async function logBreaches(api: Client, story: Story): Promise<Judged> {
  const past = await api.allPastCalls();
  const byNumber = Map.groupBy(past, (call) => call.phone_number);
  const legs = Map.groupBy(story.agents, (leg) => leg.number);
  const found: Breach[] = [];
  let silentPhones = 0;
  const breach = (what: string, subject: string) => found.push({ what, subject });
  const check = async (seen: SeenCall): Promise<void> => {
    const [first, ...more] = byNumber.get(seen.number) ?? [];
    if (first === undefined) return void breach("call not in the log", seen.number);
    if (more.length > 0) breach(`call ${more.length + 1} times in the log`, seen.number);
    const call = await api.call(first.call_id);
    const own = legs.get(seen.number) ?? [];
    const recorded = await recordingFaults(api, call, { caller: seen, legs: own }, story);
    silentPhones += recorded.silentPhones;
    const faults = [
      ...eventFaults(call),
      ...timeFaults(call, seen, own, story),
      ...recorded.faults,
    ].filter((what) => !story.unwatched.has(seen.number) || what.startsWith("the start"));
    for (const what of faults) breach(what, `${seen.number} ${call.call_id}`);
  };
  const rest = [...story.callers];
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let next = rest.pop(); next !== undefined; next = rest.pop()) await check(next);
    }),
  );
  return { breaches: found, silentPhones };
}

function eventFaults(call: CallDetail): readonly string[] {
  const faults: string[] = [];
  const { events } = call;
  if (events.some((event, index) => event.seq !== index + 1)) faults.push("events with a gap");
  const ends = events.filter((event) => event.type === "ended");
  if (ends.length !== 1)
    faults.push(`${ends.length} ends: ${ends.map((end) => JSON.stringify(end["ending"])).join()}`);
  else if (events.at(-1)?.type !== "ended") faults.push("something after the end");
  const times = events.map((event) => Date.parse(event.at));
  if (times.some((time, index) => time < (times[index - 1] ?? 0)))
    faults.push("time runs backwards");
  return faults;
}

function timeFaults(
  call: CallDetail,
  seen: SeenCall,
  legs: readonly SeenCall[],
  { lateMs, stalledMs }: Pick<Story, "lateMs" | "stalledMs">,
): readonly string[] {
  const faults: string[] = [];
  const exactMs = truthMs + stalledMs;
  /** The moment was seen at `at`, or at some time from then until `until`; a request is read before it is answered. */
  const compare = (what: string, logged: string | null, at: number | null, until = at) => {
    if (at === null || until === null) return;
    if (logged === null) return void faults.push(`${what} is missing`);
    const time = Date.parse(logged);
    const early = Math.round((at - time) / 1_000);
    const late = Math.round((time - until) / 1_000);
    if (at - time > exactMs) faults.push(`${what} is ${early} s too early`);
    if (time - until > exactMs + lateMs) faults.push(`${what} is ${late} s too late`);
  };
  const last = legs.filter((leg) => leg.answeredAt !== null).at(-1);
  const left = seen.endedAt ?? seen.cancelledAt;
  compare("the start", call.started_at, seen.invitedAt, seen.heardAt);
  compare("the connection", call.connected_at, last?.answeredAt ?? null);
  // A conversation is over when the first of both has hung up; nobody tells the other while no server is there.
  const over = Math.min(left ?? Infinity, last?.endedAt ?? Infinity);
  compare("the end", call.ended_at, over, seen.endHeardAt);
  return faults;
}
