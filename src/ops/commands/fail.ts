import { KituoError } from "../../domain/errors.ts";

/** Tells what went wrong and sets the exit status: what people can mend in a line or two, a bug with all there is. */
export function fail(error: unknown): void {
  process.exitCode = 1;
  if (!(error instanceof KituoError)) {
    console.error(error);
    return;
  }
  // Some messages repeat their faults; each line is told once.
  const faults = error.faults.filter((fault) => !error.message.includes(fault));
  console.error(
    [`kituo: ${error.message}`, ...faults.map((fault) => `       ${fault}`)].join("\n"),
  );
}
