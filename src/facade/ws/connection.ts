import type { WebSocket } from "ws";
import { asQueueName } from "../../domain/ids.ts";
import type { Log } from "../../ports/log.ts";
import { presentAgent, presentCall, presentParts, presentTicket } from "../contract/present.ts";
import { routes } from "../contract/routes.ts";
import {
  authMessageSchema,
  closeCodes,
  type Snapshot,
  type UnnumberedUpdate,
} from "../contract/updates.ts";
import { toTime } from "../contract/words.ts";
import type { FacadeDeps } from "../http/deps.ts";
import { mayListen } from "../http/scopes.ts";
import type { Sessions } from "../http/sessions.ts";
import type { SignedIn } from "../http/token.ts";
import { type RecordOf, updatesOf } from "./events.ts";
import { follow, type LiveState } from "./feed.ts";
import type { LatestCalls } from "./latest.ts";

/** How long a client may take to say who it is. */
const authMs = 5_000;
/** A reader that is behind by more than this is told to come back. */
export const mostUnsent = 1024 * 1024;
const snapshotTickets = 100;

type ConnectionDeps = Pick<
  FacadeDeps,
  "desk" | "store" | "board" | "clock" | "centre" | "parts"
> & {
  readonly tokens: Pick<Sessions, "read" | "onEnded">;
  readonly latest: LatestCalls;
  readonly log: Log;
};

/** Serves one socket until it closes. `user` is `null` when the token is still to come in a first message. */
export async function serveSocket(
  socket: WebSocket,
  known: SignedIn | null,
  deps: ConnectionDeps,
): Promise<void> {
  const { log, clock, board } = deps;
  const closed = new AbortController();
  socket.once("close", () => closed.abort());
  // Without a listener an error of one socket would end the process; its close follows by itself.
  socket.on("error", (error) => log.debug({ err: error }, "socket failed"));

  const user = known ?? (await firstMessage(socket, deps, closed.signal));
  if (user === null || !mayListen(user)) {
    socket.close(closeCodes.notSignedIn, "not signed in");
    return;
  }
  const over = () => socket.close(closeCodes.notSignedIn, "signed out");
  closed.signal.addEventListener("abort", deps.tokens.onEnded(user.session, over), { once: true });
  const left = Math.max(0, user.expiresAt - clock.now());
  const expiry = setTimeout(() => socket.close(closeCodes.notSignedIn, "token ended"), left);
  closed.signal.addEventListener("abort", () => clearTimeout(expiry), { once: true });

  let seq = 0;
  const send = (update: UnnumberedUpdate): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > mostUnsent) {
      log.warn({ unsent: socket.bufferedAmount }, "slow reader closed");
      closed.abort();
      socket.close(closeCodes.slowReader, "too slow");
      return;
    }
    seq += 1;
    socket.send(JSON.stringify({ type: update.type, seq, at: update.at, data: update.data }));
  };

  const records = new Map(deps.centre.agents.map((agent) => [agent.id, agent]));
  const recordOf: RecordOf = (id) => records.get(id) ?? null;
  const { username, role } = user;
  // Who may not read transcripts over HTTP does not read them here either.
  const readsMessages = (routes.getTranscript.who as readonly string[]).includes(role);
  send({ type: "hello", at: toTime(clock.now()), data: { username, role } });
  try {
    await follow(
      board,
      (calls) => deps.latest.over(calls, clock.now()),
      () => readLive(deps),
      {
        snapshot: (state) => {
          const data = presentSnapshot(state, deps, recordOf);
          send({ type: "snapshot", at: toTime(clock.now()), data });
        },
        event: (event) => {
          if (event.type === "transcript" && !readsMessages) return;
          for (const update of updatesOf(event, recordOf)) send(update);
        },
        overflow: () => socket.close(closeCodes.slowReader, "too much at once"),
      },
      closed.signal,
    );
  } catch (error) {
    log.error({ err: error }, "live state could not be read for a socket");
    socket.close(closeCodes.slowReader, "try again later");
  }
}

/** The token in the first message, read; `null` when it does not come in time or is no good. */
async function firstMessage(
  socket: WebSocket,
  { tokens, clock }: ConnectionDeps,
  closed: AbortSignal,
): Promise<SignedIn | null> {
  const text = await new Promise<string | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), authMs);
    const settle = (value: string | null): void => {
      clearTimeout(timer);
      resolve(value);
    };
    socket.once("message", (data, isBinary) =>
      settle(isBinary || !Buffer.isBuffer(data) ? null : data.toString("utf8")),
    );
    closed.addEventListener("abort", () => settle(null), { once: true });
  });
  if (text === null) return null;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    // Not JSON is not a token either.
    return null;
  }
  const message = authMessageSchema.safeParse(raw);
  return message.success ? tokens.read(message.data.token, clock.now()) : null;
}

async function readLive({ desk, store }: ConnectionDeps): Promise<LiveState> {
  const [live, { waiting, agents }, tickets] = await Promise.all([
    desk.liveCalls(),
    desk.snapshot(),
    store.tickets.list({ status: "open", limit: snapshotTickets }),
  ]);
  // One that has ended stays at the desk until what follows it is done.
  const calls = live.map(({ state }) => state).filter(({ stage }) => stage !== "ended");
  return { calls, waiting, agents, tickets };
}

function presentSnapshot(
  state: LiveState,
  { centre, parts }: ConnectionDeps,
  recordOf: RecordOf,
): Snapshot {
  return {
    calls: state.calls
      .toSorted((left, right) => left.startedAt - right.startedAt)
      .map((call) => presentCall(call)),
    agents: state.agents
      .toSorted((left, right) => (left.id < right.id ? -1 : 1))
      .map((agent) => presentAgent(agent, recordOf(agent.id))),
    queues: centre.queues.map(({ name, title, weight }) => ({
      queue: name,
      title,
      weight,
      waiting: state.waiting.filter((entry) => entry.queue === asQueueName(name)).length,
    })),
    tickets: state.tickets.map(presentTicket),
    parts: presentParts(parts()),
  };
}
