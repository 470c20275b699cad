import { connect, type Socket } from "node:net";
import { KituoError } from "../../domain/errors.ts";
import type { Log } from "../../ports/log.ts";
import { type AmiFields, type AmiMessage, AmiParser, encodeAction, valueOf } from "./message.ts";

/** Where AMI listens, and as whom we sign in. */
export interface AmiAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface AmiClientOptions extends AmiAddress {
  readonly log: Log;
  /** The events wanted; Asterisk is asked to send no others. */
  readonly events: readonly string[];
  readonly onEvent: (event: AmiMessage) => void;
  /** Run each time that we are signed in to an Asterisk that has started up; until it settles we are not up. */
  readonly onReady: () => Promise<void>;
  /** Told when `up` has changed. */
  readonly onPulse?: () => void;
  readonly actionDeadlineMs?: number;
  readonly pingEveryMs?: number;
  readonly reconnectMs?: { readonly least: number; readonly most: number };
}

/** A signed-in connection to the Asterisk Manager Interface that mends itself. */
export interface AmiClient {
  /** Connects, again and again until it succeeds; rejects only when the client is closed meanwhile. */
  start(): Promise<void>;
  close(): void;
  readonly up: boolean;
  /** Sends an action; settles with its response, rejects when that says `Error` or does not come. */
  act(name: string, fields?: AmiFields): Promise<AmiMessage>;
  /** Sends an action that answers with a list; settles with the entries. */
  list(name: string, fields?: AmiFields): Promise<readonly AmiMessage[]>;
}

interface Pending {
  readonly isList: boolean;
  readonly entries: AmiMessage[];
  readonly resolve: (messages: readonly AmiMessage[]) => void;
  readonly reject: (error: KituoError) => void;
  readonly deadline: NodeJS.Timeout;
}

/** Without an answer to a ping for so long the connection is given up. */
const pingDeadlineMs = 2_000;

const down = (message: string): KituoError => new KituoError("telephony_down", message);

/** Makes a client; nothing is connected before `start`. */
export function createAmiClient(options: AmiClientOptions): AmiClient {
  const { log, actionDeadlineMs = 4_000, pingEveryMs = 1_000 } = options;
  const { least, most } = options.reconnectMs ?? { least: 100, most: 500 };
  const first = Promise.withResolvers<void>();
  // Whoever closes before the first connection need not have called `start`.
  first.promise.catch(() => undefined);
  const pending = new Map<string, Pending>();
  let socket: Socket | null = null;
  let retry: NodeJS.Timeout | null = null;
  let ids = 0;
  let attempt = 0;
  let up = false;
  let closed = false;
  let booted: () => void = () => undefined;

  function send(
    name: string,
    fields: AmiFields,
    isList: boolean,
    withinMs = actionDeadlineMs,
  ): Promise<readonly AmiMessage[]> {
    return new Promise((resolve, reject) => {
      const current = socket;
      if (current === null) {
        reject(down("AMI is not connected"));
        return;
      }
      ids += 1;
      const id = `kituo-${ids}`;
      const text = encodeAction(name, id, fields);
      const deadline = setTimeout(() => {
        pending.delete(id);
        reject(down(`AMI did not answer ${name}`));
      }, withinMs);
      pending.set(id, { isList, entries: [], resolve, reject, deadline });
      current.write(text);
    });
  }

  function settle(id: string, entry: Pending): void {
    clearTimeout(entry.deadline);
    pending.delete(id);
  }

  /** A response, or a list entry: events that carry our action's id belong to its list. */
  function answer(id: string, entry: Pending, message: AmiMessage): void {
    const response = valueOf(message, "response");
    if (response === "Error") {
      settle(id, entry);
      entry.reject(down(`AMI refused: ${valueOf(message, "message")}`));
    } else if (response !== "") {
      if (entry.isList && valueOf(message, "eventlist").toLowerCase() === "start") return;
      settle(id, entry);
      entry.resolve([message]);
    } else if (valueOf(message, "eventlist").toLowerCase() === "complete") {
      settle(id, entry);
      entry.resolve(entry.entries);
    } else {
      entry.entries.push(message);
    }
  }

  function receive(message: AmiMessage): void {
    const id = valueOf(message, "actionid");
    const entry = pending.get(id);
    if (entry !== undefined) {
      answer(id, entry, message);
    } else if (valueOf(message, "event") === "FullyBooted") {
      booted();
    } else if (message.has("event")) {
      options.onEvent(message);
    }
  }

  /** Signs in, asks for our events only, and has the owner read the state of things when Asterisk has started up. */
  async function signIn(current: Socket): Promise<void> {
    const started = Promise.withResolvers<void>();
    booted = started.resolve;
    current.once("close", () => started.resolve());
    try {
      const account = { Username: options.user, Secret: options.password };
      // The class "system" at sign-in is what makes Asterisk say whether it has started up.
      await send("Login", { ...account, Events: "system" }, false);
      const filters = ["FullyBooted", ...options.events].map((event) => {
        const criteria = { Operation: "Add", MatchCriteria: `name(${event})`, Filter: "" };
        return send("Filter", criteria, false);
      });
      // Asterisk does one after the other what one connection asks for, so the first answer need not be waited for.
      await Promise.all([...filters, send("Events", { EventMask: "on" }, false)]);
      await started.promise;
      if (socket !== current) return;
      await options.onReady();
      if (socket !== current) return;
      attempt = 0;
      up = true;
      log.info({}, "manager of asterisk: connected");
      options.onPulse?.();
      first.resolve();
    } catch (error) {
      log.warn({ error }, "manager of asterisk: could not sign in");
      current.destroy();
    }
  }

  function open(): void {
    retry = null;
    const parser = new AmiParser();
    const current = connect({ host: options.host, port: options.port, noDelay: true });
    socket = current;
    current.setEncoding("utf8");
    const ping = setInterval(() => {
      if (!up) return;
      send("Ping", {}, false, Math.min(actionDeadlineMs, pingDeadlineMs)).catch(
        (error: unknown) => {
          log.warn({ error }, "manager of asterisk: no answer to a ping, connecting again");
          current.destroy();
        },
      );
    }, pingEveryMs);
    current.on("connect", () => void signIn(current));
    current.on("data", (piece: string) => {
      try {
        for (const message of parser.push(piece)) receive(message);
      } catch (error) {
        log.error({ error }, "manager of asterisk: a message could not be handled");
        current.destroy();
      }
    });
    current.on("error", (error) => {
      log.warn({ error, attempt }, "manager of asterisk: connection failed");
    });
    current.on("close", () => {
      clearInterval(ping);
      if (socket !== current) return;
      socket = null;
      up = false;
      failAll();
      options.onPulse?.();
      if (closed) return;
      const whole = Math.min(most, least * 2 ** Math.min(attempt, 20));
      retry = setTimeout(open, whole * (0.5 + Math.random() / 2));
      attempt += 1;
    });
  }

  function failAll(): void {
    for (const [id, entry] of pending) {
      settle(id, entry);
      entry.reject(down("the AMI connection was lost"));
    }
  }

  return {
    get up() {
      return up;
    },
    start() {
      if (socket === null && retry === null && !closed) open();
      return first.promise;
    },
    close() {
      closed = true;
      up = false;
      if (retry !== null) clearTimeout(retry);
      const current = socket;
      socket = null;
      current?.destroy();
      failAll();
      first.reject(down("the AMI client was closed"));
    },
    async act(name, fields = {}) {
      const [response] = await send(name, fields, false);
      return response ?? new Map();
    },
    list: (name, fields = {}) => send(name, fields, true),
  };
}
