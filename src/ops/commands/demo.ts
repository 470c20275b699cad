// `kituo demo` is being written by the helper "demo"; the rest of it lies under src/ops/demo/.
import { Command } from "commander";

/** `kituo demo`: everything, with simulated callers and agents. */
export function demo(): Command {
  return new Command("demo");
}
