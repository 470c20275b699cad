/**
 * Where finished recordings are kept for good. Names may contain `/`. A file that is there is complete: a write is
 * seen whole or not at all.
 */
export interface AudioArchive {
  /** Keeps the bytes under a name; returns their size and SHA-256 (hexadecimal). */
  keep(
    file: string,
    bytes: Uint8Array,
  ): Promise<{ readonly bytes: number; readonly sha256: string }>;
  /** The bytes, or `null` when there are none of that name. */
  read(file: string): Promise<Uint8Array | null>;
  /** Takes the bytes away for good; when there are none of that name, nothing happens. */
  remove(file: string): Promise<void>;
}
