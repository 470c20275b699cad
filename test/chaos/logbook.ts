import type { CallDetail } from "../../src/facade/contract/call.ts";
import { part, readWav, rms, type Sound, toneLevel } from "../../src/ops/phones/audio.ts";
import type { Client } from "../lab/client.ts";
import type { Breach } from "./invariants.ts";
import { tones } from "./phones.ts";
import type { SeenCall } from "./seen.ts";

/** How far the log's times may be from those that the phones saw, on a machine that does everything at once. */
const truthMs = 1_500;

export interface Story {
  readonly callers: readonly SeenCall[];
  readonly agents: readonly SeenCall[];
  /** Whose side of a conversation is to be heard in its recording. */
  readonly audible: ReadonlySet<string>;
  /** Callers whose agents nobody watched, so that no more than the beginning of their calls can be compared. */
  readonly unwatched: ReadonlySet<string>;
  /** By how much Asterisk itself was late to see a caller, at most: while it was frozen, it saw nobody. */
  readonly lateMs: number;
}

/** Holds the call log against what the phones saw: each call once, its times true, its recording playable. */
export async function logBreaches(api: Client, story: Story): Promise<readonly Breach[]> {
  const past = await api.allPastCalls();
  const byNumber = Map.groupBy(past, (call) => call.phone_number);
  const legs = Map.groupBy(story.agents, (leg) => leg.number);
  const found: Breach[] = [];
  const breach = (what: string, subject: string) => found.push({ what, subject });
  const check = async (seen: SeenCall): Promise<void> => {
    const [first, ...more] = byNumber.get(seen.number) ?? [];
    if (first === undefined) return void breach("call not in the log", seen.number);
    if (more.length > 0) breach(`call ${more.length + 1} times in the log`, seen.number);
    const call = await api.call(first.call_id);
    const own = legs.get(seen.number) ?? [];
    const faults = [
      ...eventFaults(call),
      ...timeFaults(call, seen, own, story.lateMs),
      ...(await recordingFaults(api, call, talkOf(seen, own), story)),
    ].filter((what) => !story.unwatched.has(seen.number) || what.startsWith("the start"));
    for (const what of faults) breach(what, `${seen.number} ${call.call_id}`);
  };
  const rest = [...story.callers];
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let next = rest.pop(); next !== undefined; next = rest.pop()) await check(next);
    }),
  );
  return found;
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
  lateMs: number,
): readonly string[] {
  const faults: string[] = [];
  /** The moment was seen at `at`, or at some time from then until `until`. */
  const compare = (what: string, logged: string | null, at: number | null, until = at) => {
    if (at === null || until === null) return;
    if (logged === null) return void faults.push(`${what} is missing`);
    const time = Date.parse(logged);
    const early = Math.round((at - time) / 1_000);
    const late = Math.round((time - until) / 1_000);
    if (at - time > truthMs) faults.push(`${what} is ${early} s too early`);
    if (time - until > truthMs + lateMs) faults.push(`${what} is ${late} s too late`);
  };
  const last = legs.filter((leg) => leg.answeredAt !== null).at(-1);
  const left = seen.endedAt ?? seen.cancelledAt;
  compare("the start", call.started_at, seen.invitedAt);
  compare("the connection", call.connected_at, last?.answeredAt ?? null);
  // A conversation is over when the first of both has hung up; nobody tells the other while no server is there.
  compare("the end", call.ended_at, Math.min(left ?? Infinity, last?.endedAt ?? Infinity), left);
  return faults;
}

/** How long both sides were there together, and how long any of them was, in milliseconds. */
interface Talk {
  readonly together: number;
  readonly anybody: number;
}

function talkOf(seen: SeenCall, legs: readonly SeenCall[]): Talk {
  const leg = legs.filter((each) => each.answeredAt !== null).at(-1);
  if (leg?.answeredAt == null) return { together: 0, anybody: 0 };
  const ends = [leg.endedAt ?? Infinity, seen.endedAt ?? Infinity];
  return {
    together: Math.min(...ends) - leg.answeredAt,
    anybody: Math.max(...ends) - leg.answeredAt,
  };
}

async function recordingFaults(
  api: Client,
  call: CallDetail,
  { together, anybody }: Talk,
  { audible, lateMs }: Story,
): Promise<readonly string[]> {
  const begun = call.events.filter((event) => event.type === "recording_started").length;
  if (begun === 0) return [];
  if (call.recordings.length !== begun)
    return [`${call.recordings.length} recordings are kept of ${begun} that were begun`];
  const answer = await api.request("GET", `/api/calls/${call.call_id}/recording`);
  const sound = readWav(new Uint8Array(await answer.arrayBuffer()));
  const lasts = (sound.samples.length / sound.rate) * 1_000;
  // Whoever is left alone while no server is there is recorded on.
  if (lasts > anybody + truthMs || lasts < together - truthMs - lateMs)
    return [`a recording of ${seconds(lasts)} s of ${seconds(together)} s`];
  if (lasts < 1_500 || rms(sound) === 0) return [];
  const middle = part(sound, 500, -200);
  const wanted = audible.has(call.phone_number) ? Object.values(tones) : [tones.agent];
  return wanted.flatMap((tone) => silenceFaults(middle, tone));
}

/** Whoever speaks all the time is heard in most seconds of a recording, by each second for itself. */
function silenceFaults(sound: Sound, tone: number): readonly string[] {
  const whole = Math.max(1, Math.floor(sound.samples.length / sound.rate));
  const heard = Array.from({ length: whole }, (_, second) => second).filter(
    (second) => toneLevel(part(sound, second * 1_000, (second + 1) * 1_000), tone) >= 0.02,
  );
  if (heard.length >= whole / 2) return [];
  const when = heard.length === 0 ? "" : `, from second ${heard[0]} to ${heard.at(-1)}`;
  return [`the tone of ${tone} Hz is heard in ${heard.length} of ${whole} s of a recording${when}`];
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
