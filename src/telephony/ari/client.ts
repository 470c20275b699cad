import { KituoError } from "../../domain/errors.ts";
import type { Log } from "../../ports/log.ts";
import { type Answer, createRequestPool, type Input, type OperationName } from "./requests.ts";
import { createEventSocket } from "./socket.ts";
import { type AriEvent, eventNames, type Operations } from "./wire.generated.ts";

/**
 * The one door to ARI. Events come over one WebSocket under a name of our own, requests go over kept HTTP
 * connections: over the socket they would be strictly serial, and one blocked request would stall all others.
 */
export interface AriClientOptions {
  /** For example `http://127.0.0.1:8088/ari`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Our name as a Stasis application. It must be nobody else's: the older holder of a name goes deaf. */
  readonly app: string;
  readonly log: Log;
  readonly onEvent: (event: AriEvent) => void;
  /** Run on each connection when the event filter stands; the client counts as connected when it settles. */
  readonly onConnect: () => Promise<void>;
  /** Told when `healthy` may have changed, and each time that Asterisk has shown that it answers. */
  readonly onPulse: () => void;
  /** `null`, or what must settle before anything is changed in Asterisk; what is changed then rejects as it does. */
  readonly mayAct?: () => Promise<void> | null;
  /** Somebody else took our name: nothing can be received any more, and the process should end. */
  readonly onReplaced: () => void;
  readonly requestDeadlineMs?: number;
  readonly probeEveryMs?: number;
  readonly probeDeadlineMs?: number;
  readonly pingEveryMs?: number;
  readonly reconnectMs?: { readonly least: number; readonly most: number };
}

export interface AriClient {
  readonly app: string;
  /** Connects, again and again until it succeeds; rejects only when the client is closed meanwhile. */
  start(): Promise<void>;
  close(): void;
  /** Whether the socket is up and the last health probe was answered. */
  readonly healthy: boolean;
  /** When Asterisk was last heard on the socket, in milliseconds since 1970. */
  readonly heardAt: number;
  /** Sends a request; whatever status is answered comes back as a value. Rejects when nothing is answered. */
  ask<Name extends OperationName>(
    name: Name,
    input: Input<Name>,
  ): Promise<Answer<Operations[Name]["answer"]>>;
  /** Sends a request about something that may have gone: `null` when it has, rejects on other refusals. */
  tell<Name extends OperationName>(
    name: Name,
    input: Input<Name>,
  ): Promise<{ readonly value: Operations[Name]["answer"] } | null>;
  /** What was sent and received so far. */
  readonly counts: { readonly requests: number; readonly events: number };
}

/** The events that Kituo uses. Asterisk sends no others, which spares it and us most of a call's traffic. */
export const wantedEvents = [
  "ApplicationReplaced",
  "CallBroadcast",
  "ChannelDestroyed",
  "ChannelDtmfReceived",
  "ChannelHangupRequest",
  "ChannelUserevent",
  "PlaybackFinished",
  "RecordingFailed",
  "RecordingFinished",
  "RecordingStarted",
  "StasisEnd",
  "StasisStart",
] as const satisfies readonly AriEvent["type"][];

function eventsUrl(url: string, app: string): string {
  const events = new URL(`${url.replace(/\/$/, "")}/events`);
  events.protocol = events.protocol === "https:" ? "wss:" : "ws:";
  events.searchParams.set("app", app);
  events.searchParams.set("subscribeAll", "false");
  return events.href;
}

/** Gone, out of our application, or (412) just being hung up. */
export const goneStatuses: ReadonlySet<number> = new Set([404, 409, 412]);

/** What we tell ourselves through Asterisk, to know that we still hear it. */
const echo = "KituoEcho";
/** So many of them unheard, and the connection is made anew. They are counted, not timed, as pings are. */
const echoesUnheard = 2;

/** What touches no call, and so need not wait until it is known that the calls are still ours. */
function harmless(name: OperationName): boolean {
  return name.startsWith("GET ") || name === "POST /asterisk/variable";
}

/** An error for a status that the asker did not expect. */
function refused(name: OperationName, status: number, message: string): KituoError {
  const code = status >= 500 || status === 401 || status === 403 ? "telephony_down" : "internal";
  return new KituoError(code, `ARI refused ${name} with ${status}`, [message]);
}

/** Makes a client; nothing is connected before `start`. */
export function createAriClient(options: AriClientOptions): AriClient {
  const { app, log, probeEveryMs = 1_000, probeDeadlineMs = 2_000 } = options;
  const pool = createRequestPool({
    url: options.url,
    user: options.user,
    password: options.password,
    ...(options.requestDeadlineMs === undefined ? {} : { deadlineMs: options.requestDeadlineMs }),
  });
  let events = 0;
  let probe: NodeJS.Timeout | null = null;
  let answering = true;
  let unheard = 0;

  const socket = createEventSocket({
    url: eventsUrl(options.url, app),
    user: options.user,
    password: options.password,
    log,
    onText: receive,
    onOpen: prepare,
    onUp() {
      unheard = 0;
      options.onPulse();
    },
    onClose() {
      pool.dropIdle();
      options.onPulse();
    },
    ...(options.pingEveryMs === undefined ? {} : { pingEveryMs: options.pingEveryMs }),
    ...(options.reconnectMs === undefined ? {} : { reconnectMs: options.reconnectMs }),
  });

  function receive(text: string): void {
    events += 1;
    try {
      const event = JSON.parse(text) as AriEvent;
      if (!eventNames.has(event.type)) {
        log.debug({ type: event.type }, "event of asterisk: unknown, ignored");
        return;
      }
      if (event.type === "ApplicationReplaced") {
        if (socket.reclaim()) {
          log.warn(
            { app },
            "event of asterisk: an earlier try of ours took our name, connecting again",
          );
          return;
        }
        log.error({ app }, "event of asterisk: another process took our application name");
        close();
        options.onReplaced();
        return;
      }
      if (event.type === "ChannelUserevent" && event.eventname === echo) unheard = 0;
      else options.onEvent(event);
    } catch (error) {
      log.error({ error }, "event of asterisk: could not be handled");
    }
  }

  /** Filter and subscriptions outlive a lost socket only sometimes, so both are set on every connection. */
  async function prepare(): Promise<void> {
    const answer = await pool.send("PUT /applications/{applicationName}/eventFilter", {
      path: { applicationName: app },
      body: { allowed: wantedEvents.map((type) => ({ type })) },
    });
    if (!answer.ok)
      throw refused(
        "PUT /applications/{applicationName}/eventFilter",
        answer.status,
        answer.message,
      );
    await options.onConnect();
    answering = true;
  }

  /** `GET /applications` is what hangs when ARI has locked up; ping would still be answered then. */
  async function examine(): Promise<void> {
    try {
      const answer = await pool.send("GET /applications", {}, { deadlineMs: probeDeadlineMs });
      if (answering !== answer.ok) log.warn({ answering: answer.ok }, "health of asterisk changed");
      answering = answer.ok;
    } catch (error) {
      if (answering) log.warn({ error }, "health of asterisk: no answer");
      answering = false;
    }
    options.onPulse();
  }

  /**
   * A handshake that we gave up while Asterisk hung is carried out later, and when Asterisk sees that nobody is there it
   * takes the name away from whoever has it by then: the connection stands, pings are answered, and no event comes.
   */
  async function listen(): Promise<void> {
    if (!socket.up) return;
    try {
      unheard += 1;
      const { ok } = await pool.send(
        "POST /events/user/{eventName}",
        { path: { eventName: echo }, query: { application: app } },
        { deadlineMs: probeDeadlineMs },
      );
      if (ok && unheard <= echoesUnheard) return;
      log.warn({ app }, "events of asterisk: we are not heard of there any more, connecting again");
      unheard = 0;
      socket.drop();
    } catch (error) {
      log.debug({ error }, "events of asterisk: it could not be tried whether they are heard");
    }
  }

  /** Sends a request, when we may. */
  function send<Name extends OperationName>(
    name: Name,
    input: Input<Name>,
  ): Promise<Answer<Operations[Name]["answer"]>> {
    const wait = harmless(name) ? null : (options.mayAct?.() ?? null);
    return wait === null ? pool.send(name, input) : wait.then(() => pool.send(name, input));
  }

  function close(): void {
    if (probe !== null) clearInterval(probe);
    probe = null;
    socket.close();
    pool.close();
  }

  return {
    app,
    async start() {
      probe ??= setInterval(() => {
        void examine();
        void listen();
      }, probeEveryMs);
      await socket.open();
    },
    close,
    get healthy() {
      return socket.up && answering;
    },
    get heardAt() {
      return socket.heardAt;
    },
    ask: send,
    async tell(name, input) {
      const answer = await send(name, input);
      if (answer.ok) return { value: answer.value };
      if (goneStatuses.has(answer.status)) return null;
      throw refused(name, answer.status, answer.message);
    },
    get counts() {
      return { requests: pool.sent, events };
    },
  };
}
