import { writeSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { type Line, paint } from "./text.ts";
import type { Size } from "./view.ts";

const enter = "\x1b[?1049h\x1b[?25l\x1b[2J";
const leave = "\x1b[?25h\x1b[?1049l";
/** Terminals that know these show what stands between them as one picture; others ignore them. */
const beginPicture = "\x1b[?2026h";
const endPicture = "\x1b[?2026l";

/** A terminal whose whole screen is drawn on; what it showed before comes back when it is closed. */
export interface Screen {
  size(): Size;
  /** Draws what differs from the last time, in one write. */
  draw(lines: readonly Line[]): void;
  /** Idempotent, and done by itself when the process ends for whatever reason but a kill. */
  close(): void;
}

/** As much of a terminal's output and input as is used here. */
export type ScreenOutput = Writable & {
  readonly fd: number;
  readonly columns: number;
  readonly rows: number;
};
export type ScreenInput = Readable & {
  readonly isTTY: boolean;
  setRawMode(raw: boolean): unknown;
};

/** Takes over the terminal; `onKey` gets each key, Ctrl-C among them as `\x03`. */
export function openScreen(
  output: ScreenOutput,
  input: ScreenInput,
  colour: boolean,
  onKey: (key: string) => void,
): Screen {
  let shown: string[] = [];
  let open = true;
  const forget = (): void => {
    shown = [];
    if (open) output.write("\x1b[2J");
  };
  const listen = (chunk: Buffer): void => {
    for (const key of chunk.toString("latin1")) onKey(key);
  };
  // A terminal that has gone can neither be written nor read; that is as good as a wish to end.
  const gone = (): void => onKey("\x03");
  const close = (): void => {
    if (!open) return;
    open = false;
    process.off("exit", close);
    process.off("uncaughtExceptionMonitor", close);
    output.off("resize", forget);
    input.off("data", listen);
    if (input.isTTY) input.setRawMode(false);
    input.pause();
    // At once: what a stream has only been given is lost when the process ends now.
    try {
      writeSync(output.fd, leave);
    } catch (error) {
      // The terminal has gone, and with it whatever it showed.
      if ((error as NodeJS.ErrnoException).code !== "EIO") throw error;
    }
  };
  output.write(enter);
  output.on("resize", forget);
  // Raw, so that keys are not echoed into the picture.
  if (input.isTTY) input.setRawMode(true);
  input.on("data", listen);
  output.on("error", gone);
  input.on("error", gone);
  process.on("exit", close);
  // Before the error is printed, so that it can be read.
  process.on("uncaughtExceptionMonitor", close);
  // The last column stays free: a cursor behind it is at another place in each kind of terminal.
  const size = (): Size => ({ columns: output.columns - 1, rows: output.rows });
  return {
    size,
    draw: (lines) => {
      if (!open || output.writableNeedDrain) return;
      const rows = Math.max(lines.length, shown.length);
      const next = Array.from({ length: rows }, (_, row) => paint(lines[row] ?? [], colour));
      const changes = next.flatMap((text, row) =>
        text === shown[row] ? [] : [`\x1b[${row + 1};1H${text}\x1b[K`],
      );
      shown = next;
      if (changes.length > 0) output.write(beginPicture + changes.join("") + endPicture);
    },
    close,
  };
}
