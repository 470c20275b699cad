import type { RatingCount } from "../../ports/store.ts";
import type { Counted } from "../contract/survey.ts";
import { toTime } from "../contract/words.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { refuseEmptySpan } from "./spans.ts";

const WEEK_MS = 7 * 86_400_000;

/** What callers said in the surveys after their calls. */
export function surveyHandlers({
  store,
  clock,
}: Pick<FacadeDeps, "store" | "clock">): Some<"getSurvey"> {
  return {
    async getSurvey({ input }) {
      const to = input.to ?? clock.now();
      const from = input.from ?? to - WEEK_MS;
      refuseEmptySpan(null, from, to);
      const counts = await store.calls.ratings(from, to);
      const queues = Map.groupBy(counts, ({ queue }) => queue);
      const agents = Map.groupBy(counts, ({ agent }) => agent);
      return {
        from: toTime(from),
        to: toTime(to),
        queues: Array.from(queues, ([queue, of]) => ({ queue, ...summed(of) })),
        agents: Array.from(agents, ([agent, of]) => ({ agent_id: agent, ...summed(of) })).sort(
          (left, right) => (left.agent_id < right.agent_id ? -1 : 1),
        ),
      };
    },
  };
}

function summed(counts: readonly RatingCount[]): Counted {
  const times = (rating: number) =>
    counts.filter((each) => each.rating === rating).reduce((sum, { calls }) => sum + calls, 0);
  const ratings = { 1: times(1), 2: times(2), 3: times(3), 4: times(4), 5: times(5) };
  const answers = counts.reduce((sum, { calls }) => sum + calls, 0);
  const total = counts.reduce((sum, { rating, calls }) => sum + rating * calls, 0);
  return { answers, average: Math.round((100 * total) / answers) / 100, ratings };
}
