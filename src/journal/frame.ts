import { crc32 } from "node:zlib";

/**
 * A record on the disk: a mark, the length of what follows, its checksum, then JSON. The mark begins with a byte that
 * UTF-8 never has, so a sound record is found again behind a broken one and never inside another.
 */
const MARK = Buffer.from([0xff, 0x4b, 0x4a, 0x31]);
const HEAD_BYTES = MARK.length + 8;

/** The record of a value; throws when JSON does not have it. */
export function frame(value: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(value));
  const head = Buffer.alloc(HEAD_BYTES);
  MARK.copy(head);
  head.writeUInt32LE(payload.length, MARK.length);
  head.writeUInt32LE(crc32(payload), MARK.length + 4);
  return Buffer.concat([head, payload]);
}

/** What was found in a file of records. */
export interface Found {
  /** The JSON of each sound record, in order. */
  readonly payloads: readonly Buffer[];
  /** Bytes before the last sound record that belong to none: something damaged them. */
  readonly damaged: number;
  /** Bytes behind the last sound record: what was being written when the process or the machine died. */
  readonly torn: number;
}

/** Finds every sound record in a file, whatever happened to the others. */
export function readFrames(file: Buffer): Found {
  const payloads: Buffer[] = [];
  let end = 0;
  let damaged = 0;
  for (let at = file.indexOf(MARK); at !== -1; ) {
    const payload = payloadAt(file, at);
    if (payload === null) {
      at = file.indexOf(MARK, at + 1);
      continue;
    }
    damaged += at - end;
    payloads.push(payload);
    end = at + HEAD_BYTES + payload.length;
    at = file.indexOf(MARK, end);
  }
  return { payloads, damaged, torn: file.length - end };
}

/** The payload of the record that begins here; `null` when there is no sound one. */
function payloadAt(file: Buffer, at: number): Buffer | null {
  const start = at + HEAD_BYTES;
  if (start > file.length) return null;
  const length = file.readUInt32LE(at + MARK.length);
  if (start + length > file.length) return null;
  const payload = file.subarray(start, start + length);
  return crc32(payload) === file.readUInt32LE(at + MARK.length + 4) ? payload : null;
}
