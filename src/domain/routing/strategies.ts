/** How a queue chooses among the free agents who suit a call equally well; what each means stands in `strategy.ts`. */
export const strategies = [
  "longest-idle",
  "round-robin",
  "fewest-calls",
  "least-talk-time",
  "linear",
  "random",
  "weighted-random",
] as const;
export type Strategy = (typeof strategies)[number];
