import type { QueueSettings } from "../../domain/centre.ts";
import { type Closing, isClosedBy, openingOf } from "../../domain/closing.ts";
import { asQueueName } from "../../domain/ids.ts";
import { presentOpening } from "../contract/present.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";

/** What is asked of queues, and what those in charge say of them. */
export function queueHandlers({
  centre,
  clock,
  desk,
}: Pick<FacadeDeps, "centre" | "clock" | "desk">): Some<"getOpening" | "closeQueue" | "openQueue"> {
  const named = (name: string): QueueSettings => {
    const queue = centre.queues.find((each) => each.name === name);
    if (queue === undefined) throw new Problem("not_found", "There is no such queue.");
    return queue;
  };
  /** At a moment that is asked about, else now. */
  const openingOn = async ({ name, hours }: QueueSettings, asked?: number) => {
    const at = asked ?? clock.now();
    const said = (await desk.closings()).find(({ queue }) => queue === name);
    const unsaid = said === undefined || (asked !== undefined && asked < said.at);
    const closing = !unsaid && isClosedBy(said, at) ? said : null;
    return presentOpening(name, hours, at, openingOf(hours, closing, at), closing);
  };
  const say = async (queue: QueueSettings, about: Omit<Closing, "queue" | "at">) => {
    await desk.setClosing({ queue: asQueueName(queue.name), ...about, at: clock.now() });
    return await openingOn(queue);
  };

  return {
    async getOpening({ params, input }) {
      return await openingOn(named(params.name), input.at);
    },

    async closeQueue({ params, input, user, audit }) {
      const queue = named(params.name);
      const { until = null, reason = "" } = input;
      if (until !== null && until <= clock.now()) {
        throw new Problem("bad_request", "One thing is wrong with the request.", {
          faults: ["until: must be a time to come"],
        });
      }
      const opening = await say(queue, { closed: true, until, reason, by: user.username });
      const detail = { queue: queue.name, until, pii: { reason } };
      await audit("queue_closed", queue.name, { detail });
      return opening;
    },

    async openQueue({ params, user, audit }) {
      const queue = named(params.name);
      const about = { closed: false, until: null, reason: "", by: user.username };
      const opening = await say(queue, about);
      await audit("queue_opened", queue.name, { detail: { queue: queue.name } });
      return opening;
    },
  };
}
