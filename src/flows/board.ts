import type { Board, BoardEvent } from "../ports/board.ts";
import type { Log } from "../ports/log.ts";

/** The board of this process: readers are told in the order of publishing, each on its own. */
export function openBoard(log: Log): Board {
  const readers = new Set<(event: BoardEvent) => void>();
  return {
    publish(event) {
      for (const reader of readers) {
        try {
          reader(event);
        } catch (error) {
          log.error({ event: event.type, err: error }, "a reader of the board failed");
        }
      }
    },
    subscribe(reader) {
      readers.add(reader);
      return () => readers.delete(reader);
    },
  };
}
