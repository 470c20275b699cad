import type { Board, BoardEvent, Origin } from "../ports/board.ts";
import type { Log } from "../ports/log.ts";

/** The board of this process: readers are told in the order of publishing, each on its own. */
export function openBoard(log: Log): Board {
  const readers = new Set<(event: BoardEvent, origin: Origin) => void>();
  const tell = (event: BoardEvent, origin: Origin): void => {
    for (const reader of readers) {
      try {
        reader(event, origin);
      } catch (error) {
        log.error({ event: event.type, err: error }, "a reader of the board failed");
      }
    }
  };
  return {
    publish: (event) => tell(event, "here"),
    hear: (event) => tell(event, "elsewhere"),
    subscribe(reader) {
      readers.add(reader);
      return () => readers.delete(reader);
    },
  };
}
