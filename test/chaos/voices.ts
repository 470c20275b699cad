import type { CallDetail } from "../../src/facade/contract/call.ts";
import { part, readWav, rms, type Sound, toneLevel } from "../../src/ops/phones/audio.ts";
import type { Client } from "../lab/client.ts";
import type { Carried } from "./media.ts";
import { tones } from "./phones.ts";
import { truthMs } from "./row.ts";
import type { SeenCall } from "./seen.ts";

/** The two sides of a call, as their telephones saw it: of the agents all that were rung. */
interface Sides {
  readonly caller: SeenCall;
  readonly legs: readonly SeenCall[];
}

/** How recordings are listened to. */
interface Ear {
  readonly audible: ReadonlySet<string>;
  readonly lateMs: number;
  readonly carried: readonly Carried[];
}

/** What is wrong with a recording, and how many telephones did not send the sound that is missing in it. */
interface Heard {
  readonly faults: readonly string[];
  readonly silentPhones: number;
}

/** With a full house on two processors Asterisk has no time to mix some of it, and leaves that out. */
const MIXED_LEAST = 0.97;

/** Who talks for less may have done so while no server was there that could have begun a recording. */
const UNRECORDED_MS = 10_000;

const nothing: Heard = { faults: [], silentPhones: 0 };

/**
 * How long two had talked when a server that had died came back and could begin the recording; 0 when the one that brought
 * them together did.
 */
function unrecordedMs({ events }: CallDetail): number {
  const connected = events.findIndex((event) => event.type === "connected");
  const recorded = events.findIndex((event) => event.type === "recording_started");
  const before = events.slice(connected, recorded);
  if (!before.some((event) => event.type === "adopted")) return 0;
  return Date.parse(events[recorded]?.at ?? "") - Date.parse(events[connected]?.at ?? "");
}

/** Whether a call's recordings are all kept, are as long as the conversation, and have the voices of both in them. */
export async function recordingFaults(
  api: Client,
  call: CallDetail,
  sides: Sides,
  { audible, lateMs, carried }: Ear,
): Promise<Heard> {
  const { together, anybody } = talkOf(sides);
  const begun = call.events.filter((event) => event.type === "recording_started").length;
  if (begun === 0) {
    // Whom the dialplan brings together is not recorded.
    const connected = call.events.some((event) => event.type === "connected");
    return connected && together > UNRECORDED_MS ? fault("no recording") : nothing;
  }
  if (call.recordings.length !== begun)
    return fault(`${call.recordings.length} recordings are kept of ${begun} that were begun`);
  const answer = await api.request("GET", `/api/calls/${call.call_id}/recording`);
  const sound = readWav(new Uint8Array(await answer.arrayBuffer()));
  const lasts = (sound.samples.length / sound.rate) * 1_000;
  const least = MIXED_LEAST * (together - Math.min(unrecordedMs(call), UNRECORDED_MS));
  // Whoever is left alone while no server is there is recorded on.
  if (lasts > anybody + truthMs || lasts < least - truthMs - lateMs)
    return fault(`a recording of ${seconds(lasts)} s of ${seconds(together)} s`);
  if (lasts < 1_500 || rms(sound) === 0) return nothing;
  const middle = part(sound, 500, -200);
  const own = carried.filter(({ number }) => number === call.phone_number);
  const agent = agentOf(sides);
  const agents = silence(middle, tones.agent, unsent(agent, agent?.called ?? null, own));
  if (!audible.has(call.phone_number)) return agents;
  const callers = silence(middle, tones.caller, unsent(sides.caller, null, own));
  return {
    faults: [...callers.faults, ...agents.faults],
    silentPhones: callers.silentPhones + agents.silentPhones,
  };
}

const fault = (text: string): Heard => ({ faults: [text], silentPhones: 0 });

const agentOf = ({ legs }: Sides): SeenCall | undefined =>
  legs.filter((leg) => leg.answeredAt !== null).at(-1);

/** How long both sides were there together, and how long any of them was, in milliseconds. */
function talkOf(sides: Sides): { readonly together: number; readonly anybody: number } {
  const leg = agentOf(sides);
  if (leg?.answeredAt == null) return { together: 0, anybody: 0 };
  const ends = [leg.endedAt ?? Infinity, sides.caller.endedAt ?? Infinity];
  return {
    together: Math.min(...ends) - leg.answeredAt,
    anybody: Math.max(...ends) - leg.answeredAt,
  };
}

/** How long Asterisk had got nothing from a telephone; always, when it does not send steadily, 0 when not known. */
function unsent(
  phone: SeenCall | undefined,
  extension: string | null,
  carried: readonly Carried[],
): number {
  const got = carried.find((each) => each.extension === extension);
  if (phone?.answeredAt == null || got === undefined) return 0;
  return got.steady ? Math.max(0, got.at - phone.answeredAt - got.receivedMs) : Infinity;
}

/**
 * Whoever speaks all the time is heard in most seconds of a recording, by each second for itself, unless her telephone
 * has sent Asterisk nothing for as long, or not as it speaks: SIPp yields to all others here.
 */
function silence(sound: Sound, tone: number, unsentMs: number): Heard {
  const whole = Math.max(1, Math.floor(sound.samples.length / sound.rate));
  const heard = Array.from({ length: whole }, (_, second) => second).filter(
    (second) => toneLevel(part(sound, second * 1_000, (second + 1) * 1_000), tone) >= 0.02,
  );
  if (heard.length >= whole / 2) return nothing;
  if (unsentMs >= (whole - heard.length) * 800) return { faults: [], silentPhones: 1 };
  const when = heard.length === 0 ? "" : `, from second ${heard[0]} to ${heard.at(-1)}`;
  return fault(
    `the tone of ${tone} Hz is heard in ${heard.length} of ${whole} s of a recording${when}, and her telephone sent all but ${seconds(unsentMs)} s`,
  );
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
