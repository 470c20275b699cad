import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A fault that an example file announces on the line it stands on: `# FAULT: part of the reason`. */
export interface MarkedFault {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

/** Every announced fault of an example folder. */
export function markedFaults(folder: string): MarkedFault[] {
  return readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), "utf8")
      .split("\n")
      .flatMap((text, index) => {
        const reason = /[#;] FAULT: (.+)$/.exec(text)?.[1];
        return reason === undefined ? [] : [{ file, line: index + 1, reason }];
      }),
  );
}

/** What was found, said in the announced words where they fit, so that the two lists can be compared. */
export function inMarkedWords(
  found: readonly MarkedFault[],
  marked: readonly MarkedFault[],
): MarkedFault[] {
  return found.map((fault) => {
    const same = marked.find(
      ({ file, line, reason }) =>
        file === fault.file && line === fault.line && fault.reason.includes(reason),
    );
    return same ?? fault;
  });
}

/** The example folders below a folder, by name. */
export function examples(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
