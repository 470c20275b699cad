import type { SignedIn } from "../http/token.ts";
import type { Newness } from "./newness.ts";
import type { Entry } from "./stream.ts";
import type { Written } from "./written.ts";

/** What a reader begins with, read at one moment. */
export interface Opening {
  readonly messages: readonly Written[];
  /** The position in the stream behind which it goes on. */
  readonly from: number;
  /** What of that is not in the messages already. */
  readonly newness: Pick<Newness, "of" | "isOver">;
  /** Nothing can follow: the socket is closed behind them. */
  readonly isEnd?: true;
}

/** One socket's part of the stream. */
export interface View {
  /** What is there now. Rejects when that cannot be read; `null` when there is nothing to be seen (any more). */
  open(): Promise<Opening | null>;
  /** What a message of the stream is to this reader; `null`: nothing. */
  tell(entry: Entry, user: SignedIn): Written | null;
  /** Whether nothing can follow this message: the socket is closed behind it. */
  endsWith(entry: Entry): boolean;
  /** Whether this user may see it; asked again of each new token. */
  isFor(user: SignedIn): boolean;
}
