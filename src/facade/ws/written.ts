/** A message before any connection has numbered it. */
export interface Unwritten {
  readonly type: string;
  /** As the wire writes it. */
  readonly at: string;
  readonly data: unknown;
}

/**
 * A message that is written once for all who get it: each connection puts its own number between the two halves.
 */
export interface Written {
  readonly before: Buffer;
  readonly after: Buffer;
}

/** Writes a message. `resume`: where the stream stands behind it, if a reader may go on from there. */
export function write({ type, at, data }: Unwritten, resume: string | null): Written {
  const mark = resume === null ? "" : `,"resume":${JSON.stringify(resume)}`;
  return {
    before: bytes(`{"type":${JSON.stringify(type)},"seq":`),
    after: bytes(`,"at":${JSON.stringify(at)}${mark},"data":${JSON.stringify(data)}}`),
  };
}

/** Memory of its own: what is kept for a while must not keep the whole portion that small buffers are cut from. */
function bytes(text: string): Buffer {
  const own = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  own.write(text);
  return own;
}

/** A message with its number, as it goes out. */
export function numbered({ before, after }: Written, seq: number): Buffer {
  const digits = String(seq);
  const from = before.length + digits.length;
  const whole = Buffer.allocUnsafe(from + after.length);
  before.copy(whole);
  whole.write(digits, before.length, "latin1");
  after.copy(whole, from);
  return whole;
}
