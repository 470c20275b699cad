/** The highest place in a queue that has a prompt of its own (`position-1` ...); further back it is `position-many`. */
export const lastNumberedPlace = 20;
/** The longest wait in minutes that has a prompt of its own; a longer one is `estimate-many`. */
export const lastNumberedEstimate = 30;

/** The prompts that offer a key to those who wait, by what it does; each for every key. */
const offers = ["exit-voicemail", "exit-callback", "exit-queue", "exit-menu"].flatMap((offer) =>
  [...Array.from({ length: 10 }, (_, digit) => String(digit)), "star", "hash"].map(
    (key) => `${offer}-${key}`,
  ),
);

/** Every prompt that calls play by name; menus name the others. Each language's catalogue must have them all. */
export const promptsOfCalls: readonly string[] = [
  "beep",
  "callback-confirmed",
  "callback-greeting",
  "callback-no-number",
  "callback-now",
  "closed",
  "error",
  ...Array.from({ length: lastNumberedEstimate }, (_, index) => `estimate-${index + 1}`),
  "estimate-many",
  ...offers,
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
  "queue-full",
  "resumed",
  "signed-in",
  "signed-out",
  "survey-thanks",
  "unknown-extension",
];
