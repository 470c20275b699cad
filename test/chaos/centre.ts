import { join } from "node:path";
import { type Centre, centreSchema } from "../../src/domain/centre.ts";

/** What a caller dials to come where she is wanted. */
export const lines = {
  /** An agent answers and talks until the caller hangs up. */
  talk: "+254711000011",
  /** The phone rings, and nobody takes it up. */
  ring: "+254711000012",
  /** Everybody of this queue is on a break. */
  wait: "+254711000013",
  /** Agents answer at once and talk for less than a second. */
  brisk: "+254711000014",
  menu: "+254711000015",
  /** The agent's phone does what the test says. */
  hand: "+254711000016",
} as const;

export const queues = ["talk", "ring", "wait", "brisk", "hand"] as const;
export type QueueOfTests = (typeof queues)[number];

/** How many agents serve each queue; the phones of a centre are shared out in this order. */
export type Seats = Readonly<Partial<Record<QueueOfTests, number>>>;

/** As many as a centre can have. */
const extensions = Array.from({ length: 99 }, (_, index) => String(1001 + index));

export const menusFolder = join(import.meta.dirname, "menus");

/** The extensions of a queue's agents. */
export function phonesOf(seats: Seats, queue: QueueOfTests): readonly string[] {
  const before = queues.slice(0, queues.indexOf(queue));
  const first = before.reduce((sum, each) => sum + (seats[each] ?? 0), 0);
  const taken = extensions.slice(first, first + (seats[queue] ?? 0));
  if (taken.length < (seats[queue] ?? 0))
    throw new RangeError(`there are only ${extensions.length} phones`);
  return taken;
}

/** A centre in which a caller comes into each stage of a call by the number she dials, and stays there. */
export function chaosCentre(seats: Seats, more: Partial<Centre> = {}): Centre {
  const patient = { ringMs: 120_000, wrapUpMs: 0, maxWaitMs: 7_200_000, announceEveryMs: 600_000 };
  const agents = queues.flatMap((queue) =>
    phonesOf(seats, queue).map((extension) => ({ extension, queues: [queue] })),
  );
  return centreSchema.parse({
    ...more,
    // Whoever rings here is never answered, on purpose.
    routing: { ...more.routing, pauseAfter: 0 },
    entryMenu: "start",
    languages: ["en"],
    numbers: [
      ...queues.map((queue) => ({ number: lines[queue], queue })),
      { number: lines.menu, menu: "start" },
    ],
    queues: queues.map((name) => ({ name, title: name, ...patient })),
    agents: agents.map((agent, index) => ({
      ...agent,
      id: `AGT-${String(index + 1).padStart(3, "0")}`,
      name: `Agent ${agent.extension}`,
    })),
  });
}
