import type { WebSocket } from "ws";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { closeCodes, protocolVersion } from "../contract/updates.ts";
import { toTime } from "../contract/words.ts";
import type { SignedIn } from "../http/token.ts";
import type { Entry, Stream, StreamReader } from "./stream.ts";
import type { Opening, View } from "./view.ts";
import { numbered, type Unwritten, type Written, write } from "./written.ts";

export interface ReaderDeps {
  readonly stream: Stream;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: ReaderLimits;
}

export interface ReaderLimits {
  /** A reader that has more than this still to take, in bytes, is sent no more until it has taken all. */
  readonly mostUnsent: number;
  /** One that takes nothing at all for so long is dropped. */
  readonly drainWithinMs: number;
}

/** How often it is looked whether a slow reader has taken something. */
const lookEveryMs = 50;
/** How long a reader that is dropped may take to hear why. */
const farewellMs = 1_000;
/** The bytes that are sent are those of a text. */
const asText = { binary: false };

/**
 * One socket that reads the stream through a view: `hello`, what it begins with, then all that follows, numbered. While
 * it opens, or lags behind, nothing is kept for it: it goes on from what the stream has kept, or begins anew.
 */
export class Reader implements StreamReader {
  readonly #socket: WebSocket;
  readonly #view: View;
  readonly #deps: ReaderDeps;
  #user: SignedIn;
  #expiry: NodeJS.Timeout | undefined;
  #draining: NodeJS.Timeout | undefined;
  #phase: "opening" | "following" | "behind" | "over" = "opening";
  #seq = 0;
  /** Counts the openings: one that was begun before something was missed is of no use. */
  #turn = 0;
  #newness: Opening["newness"] | null = null;
  /** How much it may have to take, in bytes: what it began with is no fault of its own, however much that is. */
  #mostUnsent: number;

  constructor(socket: WebSocket, view: View, user: SignedIn, deps: ReaderDeps) {
    this.#socket = socket;
    this.#view = view;
    this.#deps = deps;
    this.#user = user;
    this.#mostUnsent = deps.limits.mostUnsent;
    this.#endWithToken();
  }

  /** Whether it has more to take than is good for it, and is looked after for that. */
  get isBehind(): boolean {
    return this.#phase === "behind";
  }

  /** Begins, or goes on from where a client was, if the stream still has what came after that. */
  begin(resume: string | null): void {
    const { stream } = this.#deps;
    const position = resume === null ? null : stream.positionOf(resume);
    const missed = position === null ? null : stream.since(position);
    const unsubscribe = stream.read(this);
    this.#socket.once("close", () => {
      unsubscribe();
      this.#end();
    });
    const { username, role, expiresAt } = this.#user;
    const data = {
      protocol: protocolVersion,
      username,
      role,
      expires_at: toTime(expiresAt),
      resumed: missed !== null,
    };
    this.#say({ type: "hello", data }, missed === null ? null : resume);
    if (missed === null) return this.#open();
    this.#phase = "following";
    this.told(missed);
  }

  /** A new token: the connection ends with this one instead. Somebody else's, or a lesser one, ends it at once. */
  renew(user: SignedIn): void {
    if (this.#phase === "over") return;
    const before = this.#user;
    if (
      user.username !== before.username ||
      rankOf(user) < rankOf(before) ||
      !this.#view.isFor(user)
    ) {
      this.#close(closeCodes.notAllowed, "this token may not read on");
      return;
    }
    this.#user = user;
    this.#endWithToken();
    const data = { role: user.role, expires_at: toTime(user.expiresAt) };
    this.#say({ type: "session:renewed", data }, null);
  }

  told(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (this.#phase !== "following") return;
      this.#tell(entry);
    }
  }

  missed(): void {
    if (this.#phase === "opening" || this.#phase === "following") this.#open();
  }

  #tell(entry: Entry): void {
    if (this.#newness !== null) {
      if (this.#newness.isOver(this.#deps.clock.now())) this.#newness = null;
      else if (!this.#newness.of(entry)) return;
    }
    const message = this.#view.tell(entry, this.#user);
    if (message !== null) this.#send(message);
    if (this.#view.endsWith(entry)) this.#close(closeCodes.done, "the call has ended");
  }

  #open(): void {
    this.#phase = "opening";
    this.#turn += 1;
    const turn = this.#turn;
    const isCurrent = (): boolean => this.#phase === "opening" && this.#turn === turn;
    this.#view.open().then(
      (opening) => {
        if (isCurrent()) this.#opened(opening);
      },
      (error: unknown) => {
        if (!isCurrent()) return;
        this.#deps.log.error({ err: error }, "live state could not be read for a socket");
        this.#close(closeCodes.slowReader, "try again later");
      },
    );
  }

  #opened(opening: Opening | null): void {
    if (opening === null) return this.#close(closeCodes.notFound, "there is nothing to be seen");
    const meanwhile = this.#deps.stream.since(opening.from);
    if (meanwhile === null) return this.#close(closeCodes.slowReader, "too much at once");
    for (const message of opening.messages) this.#send(message);
    this.#newness = opening.newness;
    this.#mostUnsent = this.#deps.limits.mostUnsent + this.#socket.bufferedAmount;
    this.#phase = "following";
    if (opening.isEnd === true) return this.#close(closeCodes.done, "the call has ended");
    this.told(meanwhile);
  }

  #say(message: Omit<Unwritten, "at">, resume: string | null): void {
    this.#send(write({ ...message, at: toTime(this.#deps.clock.now()) }, resume));
  }

  #send(message: Written): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    this.#seq += 1;
    socket.send(numbered(message, this.#seq), asText);
    if (this.#phase === "following" && socket.bufferedAmount > this.#mostUnsent) this.#fallBehind();
  }

  /** Waits until the reader has taken all that it was sent, and begins anew with it. */
  #fallBehind(): void {
    const { log, limits } = this.#deps;
    this.#phase = "behind";
    let least = this.#socket.bufferedAmount;
    // In looks and not in time: a process that was held up itself has not looked meanwhile.
    let stuckFor = 0;
    log.info({ unsent: least }, "a reader is behind: it is told no more until it has taken this");
    this.#draining = setInterval(() => {
      const unsent = this.#socket.bufferedAmount;
      stuckFor = unsent < least ? 0 : stuckFor + 1;
      least = unsent;
      if (unsent === 0) {
        clearInterval(this.#draining);
        this.#open();
      } else if (stuckFor * lookEveryMs >= limits.drainWithinMs) {
        log.warn({ unsent }, "slow reader closed");
        this.#close(closeCodes.slowReader, "too slow");
        const drop = setTimeout(() => this.#socket.terminate(), farewellMs);
        this.#socket.once("close", () => clearTimeout(drop));
      }
    }, lookEveryMs);
  }

  #endWithToken(): void {
    clearTimeout(this.#expiry);
    const left = Math.max(0, this.#user.expiresAt - this.#deps.clock.now());
    this.#expiry = setTimeout(() => this.#close(closeCodes.notSignedIn, "token ended"), left);
  }

  #close(code: number, why: string): void {
    this.#end();
    this.#socket.close(code, why);
  }

  #end(): void {
    this.#phase = "over";
    clearTimeout(this.#expiry);
    clearInterval(this.#draining);
  }
}

/** Who may do more stands higher. */
const ranks = ["viewer", "agent", "supervisor", "admin"];
const rankOf = ({ role }: SignedIn): number => ranks.indexOf(role);
