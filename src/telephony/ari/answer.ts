/** One answer over HTTP, whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly json: boolean;
  readonly bytes: Buffer;
  /** Whether the connection can be used again. */
  readonly keep: boolean;
}

interface Head {
  readonly status: number;
  readonly json: boolean;
  readonly keep: boolean;
  /** How the end of the body is told. */
  readonly body: number | "chunked" | "until closed";
}

const headBytesAtMost = 64 * 1024;
const headEnd = Buffer.from("\r\n\r\n");

/** Puts one answer together from what comes in. Throws on what is no HTTP, and on an answer that is too long. */
export class AnswerReader {
  readonly #bytesAtMost: number;
  #chunks: Buffer[] = [];
  #size = 0;
  #head: Head | null = null;

  constructor(bytesAtMost: number) {
    this.#bytesAtMost = bytesAtMost;
  }

  /** The answer, when this completes it. */
  take(chunk: Buffer): HttpAnswer | null {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > this.#bytesAtMost) throw new Error("the answer is too long");
    if (this.#head === null && !this.#readHead()) return null;
    const head = this.#head;
    if (head === null || head.body === "until closed") return null;
    if (head.body === "chunked") {
      const decoded = unchunked(Buffer.concat(this.#chunks));
      return decoded === null ? null : answerOf(head, decoded);
    }
    if (this.#size < head.body) return null;
    const whole = Buffer.concat(this.#chunks);
    // More than was announced: whatever it is, it is not the next answer, for nothing was asked yet.
    const exact = whole.length === head.body;
    return answerOf({ ...head, keep: head.keep && exact }, whole.subarray(0, head.body));
  }

  /** The answer, when the end of the connection completes it. */
  end(): HttpAnswer | null {
    if (this.#head?.body !== "until closed") return null;
    return answerOf(this.#head, Buffer.concat(this.#chunks));
  }

  #readHead(): boolean {
    for (;;) {
      const all = Buffer.concat(this.#chunks);
      const end = all.indexOf(headEnd);
      if (end < 0) {
        if (all.length > headBytesAtMost) throw new Error("this is no HTTP");
        this.#chunks = [all];
        return false;
      }
      const rest = all.subarray(end + headEnd.length);
      this.#chunks = [rest];
      this.#size = rest.length;
      const head = headFrom(all.toString("latin1", 0, end));
      // 100 Continue and the like come before the answer.
      if (head.status < 200) continue;
      this.#head = head;
      return true;
    }
  }
}

function answerOf({ status, json, keep }: Head, bytes: Buffer): HttpAnswer {
  return { status, json, keep, bytes };
}

function headFrom(text: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  const status = /^HTTP\/1\.([01]) (\d{3})/.exec(first);
  if (status === null) throw new Error("this is no HTTP");
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const number = Number(status[2]);
  const keep = status[1] === "1" && fields.get("connection")?.toLowerCase() !== "close";
  const json = (fields.get("content-type") ?? "").startsWith("application/json");
  const length = fields.get("content-length");
  if (number < 200 || number === 204 || number === 304) {
    return { status: number, json, keep, body: 0 };
  }
  if (fields.get("transfer-encoding")?.toLowerCase() === "chunked") {
    return { status: number, json, keep, body: "chunked" };
  }
  if (length === undefined) return { status: number, json, keep: false, body: "until closed" };
  if (!/^\d{1,15}$/.test(length)) throw new Error("the answer's length is no number");
  return { status: number, json, keep, body: Number(length) };
}

/** The body inside its chunks, or `null` while it is not complete. */
function unchunked(bytes: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error("a chunk's length is no number");
    const from = lineEnd + 2;
    // After the last, empty chunk comes an empty line, or trailers and then one.
    if (size === 0) {
      const over = bytes.subarray(from, from + 2).equals(headEnd.subarray(0, 2));
      return over || bytes.indexOf(headEnd, from) >= 0 ? Buffer.concat(parts) : null;
    }
    if (bytes.length < from + size + 2) return null;
    parts.push(bytes.subarray(from, from + size));
    at = from + size + 2;
  }
}
