/** In `npm test` the machine has much else to do, and nobody measures there: times may be so much longer. */
export const quickSlack = 3;

/** How far the log's times may be from those that the phones saw, on a machine that does everything at once. */
export const truthMs = 1_500;

/** What a run came to. */
export class Verdict {
  readonly breaches: string[] = [];
  readonly figures: Record<string, number> = {};
  readonly #slack: number;

  /** `slack`: by how much the bounds of {@link within} are widened. */
  constructor(slack = 1) {
    this.#slack = slack;
  }

  breach(...texts: readonly string[]): void {
    this.breaches.push(...texts);
  }

  /** Notes a breach unless something holds. */
  expect(holds: boolean, otherwise: string): void {
    if (!holds) this.breach(otherwise);
  }

  /** Adds to a count. */
  count(name: string, by: number): void {
    this.figures[name] = (this.figures[name] ?? 0) + by;
  }

  /** Notes a measured value, of which the largest of all rounds is told. */
  worst(name: string, value: number): void {
    this.figures[name] = Math.max(this.figures[name] ?? 0, Math.round(value));
  }

  /** A measured value that must not be larger than this, however slow the machine is. */
  atMost(name: string, value: number, most: number): void {
    this.worst(name, value);
    this.expect(value <= most, `${name} is ${Math.round(value)}, more than ${most}`);
  }

  /** A measured time that must not be longer than its bound, in milliseconds. */
  within(name: string, value: number, bound: number): void {
    this.atMost(name, value, bound * this.#slack);
  }
}

export interface RunOptions {
  /** How often the fault is brought about. */
  readonly times: number;
  /** With fewer people and shorter faults, for `npm test`. */
  readonly quick: boolean;
  /** Chance that can be repeated: from 0 to 1. */
  readonly random: () => number;
  readonly say: (line: string) => void;
}

/** One fault, and what must come of it. */
export interface Row {
  readonly name: string;
  /** The rows of the fault table that it covers. */
  readonly faults: readonly number[];
  readonly what: string;
  readonly expected: string;
  /** Whether it runs in `npm test`, in its quick form. */
  readonly quick: boolean;
  /** How often the fault is brought about when nobody says. */
  readonly times: number;
  run(verdict: Verdict, options: RunOptions): Promise<void>;
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
