import type { Happening } from "../../flows/webhooks.ts";
import type { RecordOf } from "../ws/events.ts";
import { itemsOf, type News, presentItem } from "../ws/events.ts";
import type { FacadeDeps } from "./deps.ts";

/** What an event on the board is for webhooks: the messages of the WebSocket, without a number. */
export function happeningsOf(event: News, recordOf: RecordOf): readonly Happening[] {
  if (event.type === "health") return []; // Of this very process; nobody outside is to act on it.
  const key = keyOf(event);
  return itemsOf(event).map((item) => {
    const { type, at, data } = presentItem(item, recordOf);
    return { event: type, key: `${type} ${key}`, body: JSON.stringify({ type, at, data }) };
  });
}

function keyOf(event: Exclude<News, { type: "health" }>): string {
  switch (event.type) {
    case "call":
      return `${event.event.call} ${event.event.seq}`;
    case "ticket":
      return `${event.ticket.id} ${event.at}`;
    case "transcript":
      return `${event.call} ${event.line.seq}`;
    case "agent":
      return `${event.agent.id} ${event.at}`;
    default:
      return event satisfies never;
  }
}

/** Tells webhooks of all that happens, until what it returns is called. A store that is away loses what it is to keep. */
export function tellOutside(
  deps: Pick<FacadeDeps, "board" | "centre" | "log" | "webhooks">,
): () => void {
  const records = new Map(deps.centre.agents.map((agent) => [agent.id, agent]));
  let last: Promise<void> = Promise.resolve();
  return deps.board.subscribe((event, origin) => {
    // What another process has told, that one tells outside.
    if (origin === "elsewhere" || event.type === "missed" || !deps.webhooks.hasListeners) return;
    for (const happening of happeningsOf(event, (id) => records.get(id) ?? null)) {
      // One after another, so that what happened first is kept first.
      last = last
        .then(() => deps.webhooks.tell(happening))
        .catch((error: unknown) =>
          deps.log.warn({ event: happening.event, err: error }, "webhooks could not be told"),
        );
    }
  });
}
