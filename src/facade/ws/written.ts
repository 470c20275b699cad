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
  readonly before: string;
  readonly after: string;
}

/** Writes a message. `resume`: where the stream stands behind it, if a reader may go on from there. */
export function write({ type, at, data }: Unwritten, resume: string | null): Written {
  const mark = resume === null ? "" : `,"resume":${JSON.stringify(resume)}`;
  return {
    before: `{"type":${JSON.stringify(type)},"seq":`,
    after: `,"at":${JSON.stringify(at)}${mark},"data":${JSON.stringify(data)}}`,
  };
}
