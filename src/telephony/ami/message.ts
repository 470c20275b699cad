import { KituoError } from "../../domain/errors.ts";

/** One message of AMI: headers in any case of letters, the first of each name. */
export type AmiMessage = ReadonlyMap<string, string>;

/** What goes into an action besides its name and id. */
export type AmiFields = Readonly<Record<string, string>>;

/** Nobody sends this much in one message; a peer that does is not Asterisk. */
const messageBytesAtMost = 1024 * 1024;

const header = /^[A-Za-z][A-Za-z0-9-]*$/;

/**
 * Writes an action. A line break in a value would begin an action of its own, with all our rights: it is refused, not
 * escaped, since AMI knows no escape.
 */
export function encodeAction(name: string, id: string, fields: AmiFields): string {
  const lines = Object.entries({ Action: name, ActionID: id, ...fields }).map(([key, value]) => {
    if (!header.test(key)) throw new KituoError("bad_request", "an AMI header has no such name");
    if (/[\r\n\0]/.test(value)) {
      throw new KituoError("bad_request", `the value of the AMI header ${key} has a line break`);
    }
    return `${key}: ${value}\r\n`;
  });
  return `${lines.join("")}\r\n`;
}

/** Reads the value of a header by its name in lower case; empty when it is absent. */
export const valueOf = (message: AmiMessage, name: string): string => message.get(name) ?? "";

function parse(block: string): AmiMessage {
  const message = new Map<string, string>();
  for (const line of block.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    if (!message.has(name)) message.set(name, line.slice(colon + 1).trimStart());
  }
  return message;
}

/** Cuts the bytes of a connection into messages, however they were split on the way. */
export class AmiParser {
  #text = "";
  #greeted = false;

  /** The messages that are complete with this piece. Throws when the peer does not speak AMI. */
  push(piece: string): readonly AmiMessage[] {
    this.#text += piece;
    if (!this.#greeted) {
      const end = this.#text.indexOf("\r\n");
      if (end < 0 && this.#text.length < 200) return [];
      if (!this.#text.startsWith("Asterisk Call Manager/")) {
        throw new KituoError("telephony_down", "the AMI port is not answered by Asterisk");
      }
      this.#text = this.#text.slice(end + 2);
      this.#greeted = true;
    }
    const blocks = this.#text.split("\r\n\r\n");
    this.#text = blocks.pop() ?? "";
    if (this.#text.length > messageBytesAtMost) {
      throw new KituoError("telephony_down", "an AMI message is too long");
    }
    return blocks.map(parse).filter((message) => message.size > 0);
  }
}
