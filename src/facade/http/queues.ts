import { openingAt } from "../../domain/hours.ts";
import { toMaybeTime, toTime } from "../contract/words.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";

/** What is asked of queues. */
export function queueHandlers({
  centre,
  clock,
}: Pick<FacadeDeps, "centre" | "clock">): Some<"getOpening"> {
  return {
    async getOpening({ params, input }) {
      const queue = centre.queues.find(({ name }) => name === params.name);
      if (queue === undefined) throw new Problem("not_found", "There is no such queue.");
      const at = input.at ?? clock.now();
      const { open, by, until } = openingAt(queue.hours, at);
      return {
        queue: queue.name,
        at: toTime(at),
        open,
        by,
        until: toMaybeTime(until),
        zone: queue.hours?.zone ?? null,
      };
    },
  };
}
