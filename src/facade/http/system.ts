import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";

/** What an admin does to this very process. */
export function systemHandlers({ drain }: Pick<FacadeDeps, "drain">): Some<"drain" | "getDrain"> {
  return {
    async drain({ input, user, log }) {
      const { within } = input;
      drain.begin(within === undefined ? null : within * 1000);
      const state = drain.state();
      log.info({ audit: "drain", user: user.username, calls: state.calls }, "drain asked for");
      return state;
    },

    async getDrain() {
      return drain.state();
    },
  };
}
