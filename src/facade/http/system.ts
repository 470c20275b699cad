import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";

/** What an admin does to this very process. */
export function systemHandlers({ drain }: Pick<FacadeDeps, "drain">): Some<"drain" | "getDrain"> {
  return {
    async drain({ input, audit }) {
      const { within } = input;
      drain.begin(within === undefined ? null : within * 1000);
      const state = drain.state();
      await audit("drain", "server", { detail: { calls: state.calls } });
      return state;
    },

    async getDrain() {
      return drain.state();
    },
  };
}
