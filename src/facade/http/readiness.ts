import { overall, parts, troubleOf } from "../../domain/health.ts";
import type { Ready } from "../contract/readiness.ts";
import { toTime } from "../contract/words.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";

/** What service managers and load balancers ask; neither waits for anything. */
export function readinessHandlers({
  clock,
  drain,
  parts: seen,
}: Pick<FacadeDeps, "clock" | "drain" | "parts">): Some<"live" | "ready"> {
  return {
    async live() {
      return { status: "live", at: toTime(clock.now()) };
    },

    async ready() {
      const health = seen();
      const { draining } = drain.state();
      const reasons: Ready["reasons"] = parts.flatMap((part) => {
        const reason = troubleOf(part, health[part]);
        return reason === null ? [] : [{ part, reason }];
      });
      if (draining)
        reasons.push({
          part: "process",
          reason: "it is being drained and ends with its last call",
        });
      return { ready: !draining && overall(health) !== "down", reasons, at: toTime(clock.now()) };
    },
  };
}
