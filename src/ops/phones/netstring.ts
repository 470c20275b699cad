/** Writes one netstring: the length in bytes, a colon, the text, a comma. */
export function netstring(text: string): string {
  return `${Buffer.byteLength(text)}:${text},`;
}

/** Takes bytes as they come and gives each netstring once it is whole. Throws on what is not a netstring. */
export class Netstrings {
  #bytes = Buffer.alloc(0);

  take(chunk: Uint8Array): string[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const texts: string[] = [];
    for (;;) {
      const colon = this.#bytes.indexOf(":");
      if (colon < 0) return texts;
      const length = Number(this.#bytes.toString("latin1", 0, colon));
      if (!Number.isInteger(length)) throw new RangeError("this is not a netstring");
      const end = colon + 1 + length;
      if (this.#bytes.length <= end) return texts;
      texts.push(this.#bytes.toString("utf8", colon + 1, end));
      this.#bytes = this.#bytes.subarray(end + 1);
    }
  }
}
