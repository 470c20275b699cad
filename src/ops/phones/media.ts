/**
 * What a SIPp phone sends while it talks: one RTP stream of G.711 A-law with a tone and, at given moments, keys as
 * RFC 4733 events, written as a pcap file. SIPp's own `play_dtmf` beside its own `rtp_stream` gives two streams with
 * clashing sequence numbers, of which Asterisk takes keys twice or not at all.
 */
export interface MediaPlan {
  readonly durationMs: number;
  /** A sine of this frequency; 0 is silence. */
  readonly toneHz: number;
  /** One key each, in order of time, at least 160 ms apart. */
  readonly keys: readonly { readonly atMs: number; readonly key: string }[];
}

/** How long a key is held down, and the least time from one key to the next. */
export const keyMs = 80;
export const keyEveryMs = 160;

export const audioPayload = 8;
export const eventPayload = 101;

const frameMs = 20;
const frameSamples = 160;
const keypad = "0123456789*#";

/** The pcap file of a plan. */
export function mediaFile(plan: MediaPlan): Uint8Array {
  const packets: Uint8Array[] = [fileHeader()];
  const frames = Math.ceil(plan.durationMs / frameMs);
  let sequence = 1;
  let pressed: { readonly key: string; readonly from: number } | undefined;
  let next = 0;
  for (let frame = 0; frame < frames; frame += 1) {
    const at = frame * frameMs;
    const due = plan.keys[next];
    if (pressed === undefined && due !== undefined && due.atMs <= at) {
      pressed = { key: due.key, from: frame };
      next += 1;
    }
    if (pressed === undefined) {
      const samples = tone(plan.toneHz, frame * frameSamples);
      packets.push(packet(at, rtp(audioPayload, false, sequence, frame * frameSamples, samples)));
      sequence += 1;
      continue;
    }
    // Every packet of one event carries the time at which it began; the last is sent three times, as the RFC asks.
    const held = frame - pressed.from + 1;
    const last = held * frameMs >= keyMs;
    for (let copy = 0; copy < (last ? 3 : 1); copy += 1) {
      const event = keyEvent(pressed.key, last, held * frameSamples);
      const stamp = pressed.from * frameSamples;
      packets.push(packet(at, rtp(eventPayload, held === 1, sequence, stamp, event)));
      sequence += 1;
    }
    if (last) pressed = undefined;
  }
  return Buffer.concat(packets);
}

function keyEvent(key: string, end: boolean, samples: number): Uint8Array {
  const code = keypad.indexOf(key);
  if (key.length !== 1 || code < 0) throw new RangeError(`not a key of a telephone: ${key}`);
  return Uint8Array.from([code, (end ? 0x80 : 0) | 10, samples >> 8, samples & 0xff]);
}

function tone(hertz: number, from: number): Uint8Array {
  return Uint8Array.from({ length: frameSamples }, (_, index) =>
    alaw(hertz === 0 ? 0 : 9_000 * Math.sin((2 * Math.PI * hertz * (from + index)) / 8_000)),
  );
}

/** One 16-bit sample as G.711 A-law. */
function alaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const size = Math.min(32_767, Math.floor(Math.abs(sample))) >> 4;
  let exponent = 0;
  for (let rest = size >> 5; rest > 0; rest >>= 1) exponent += 1;
  const mantissa = (exponent === 0 ? size >> 1 : size >> exponent) & 0x0f;
  return (sign | (exponent << 4) | mantissa) ^ 0x55;
}

function rtp(
  payload: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  body: Uint8Array,
): Uint8Array {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = payload | (marker ? 0x80 : 0);
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(timestamp, 4);
  header.writeUInt32BE(0x4b495455, 8);
  return Buffer.concat([header, body]);
}

function fileHeader(): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

/** The RTP packet in UDP, IPv4 and Ethernet; SIPp replaces the addresses. */
function packet(atMs: number, body: Uint8Array): Uint8Array {
  const size = 14 + 20 + 8 + body.length;
  const bytes = Buffer.alloc(16 + size);
  bytes.writeUInt32LE(Math.floor(atMs / 1000), 0);
  bytes.writeUInt32LE((atMs % 1000) * 1000, 4);
  bytes.writeUInt32LE(size, 8);
  bytes.writeUInt32LE(size, 12);
  bytes.writeUInt16BE(0x0800, 28);
  bytes[30] = 0x45;
  bytes.writeUInt16BE(size - 14, 32);
  bytes[38] = 64;
  bytes[39] = 17;
  bytes.writeUInt32BE(0x7f000001, 42);
  bytes.writeUInt32BE(0x7f000001, 46);
  bytes.writeUInt16BE(6_000, 50);
  bytes.writeUInt16BE(6_000, 52);
  bytes.writeUInt16BE(8 + body.length, 54);
  bytes.set(body, 58);
  return bytes;
}
