/** The highest place in a queue that has a prompt of its own (`position-1` ...); further back it is `position-many`. */
export const lastNumberedPlace = 20;

/** Every prompt that calls play by name; menus name the others. Each language's catalogue must have them all. */
export const promptsOfCalls: readonly string[] = [
  "beep",
  "closed",
  "error",
  "goodbye",
  "leave-message",
  "message-thanks",
  "no-agents",
  "not-an-agent",
  "not-available",
  "paused",
  "please-wait",
  "position-many",
  ...Array.from({ length: lastNumberedPlace }, (_, index) => `position-${index + 1}`),
  "resumed",
  "signed-in",
  "signed-out",
  "survey-thanks",
  "unknown-extension",
];
