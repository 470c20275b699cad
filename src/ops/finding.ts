/** One fault of a file that people write, where they find it. Lines count from 1; 0: the file as a whole. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

/** `file:line: reason`, as editors understand it. */
export function printFinding({ file, line, reason }: Finding): string {
  return line === 0 ? `${file}: ${reason}` : `${file}:${line}: ${reason}`;
}
