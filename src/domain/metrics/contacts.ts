import type { CallEvent, Direction } from "../call-fact.ts";
import type { AgentId, QueueName } from "../ids.ts";

/** How a stay in a queue ended. */
export type ContactEnd =
  /** An agent of ours talked to her. */
  | "answered"
  /** She hung up while she waited, or while a telephone rang for her. */
  | "abandoned"
  /** She asked to be called back: her place waits on without her. */
  | "callback"
  /** She went elsewhere: by a key, a rule of the queue, a transfer, to leave a message. */
  | "flowed_out"
  /** Something broke, or the dialplan took her over. */
  | "lost"
  /** It is not over. */
  | "waiting";

/** One stay of one caller in one queue: what queues are measured by. */
export interface Contact {
  readonly queue: QueueName;
  /** When she came into it; who has her old place again came now, for nobody has waited in between. */
  readonly enteredAt: number;
  /** `null` while she waits. */
  readonly endedAt: number | null;
  readonly end: ContactEnd;
  /** Who talked to her. */
  readonly agent: AgentId | null;
}

/** One conversation of one agent. */
export interface Talk {
  readonly agent: AgentId;
  /** The queue that the call was of; `null`: a call between extensions. */
  readonly queue: QueueName | null;
  readonly direction: Direction;
  readonly at: number;
  /** `null` while it goes on. */
  readonly endedAt: number | null;
}

/** One offer of a call to one agent. */
export interface Offered {
  readonly agent: AgentId;
  readonly queue: QueueName | null;
  readonly at: number;
  /** What came of it; `null` while her telephone rings. */
  readonly outcome: string | null;
}

/** What a call was, for reports: computed from its facts alone, of a live call as of one that is over. */
export interface Measured {
  readonly direction: Direction;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** `ending.result`; `null` while it lives. */
  readonly result: string | null;
  readonly contacts: readonly Contact[];
  readonly talks: readonly Talk[];
  readonly offers: readonly Offered[];
}

/** Reads a call's facts, in order; throws when there are none. */
export function measured(events: readonly CallEvent[]): Measured {
  const [first] = events;
  if (first?.type !== "started") throw new Error("a call begins with the fact that it started");
  const reading = new Reading(first.direction, first.callback !== undefined);
  for (const event of events) reading.read(event);
  const last = events.at(-1);
  const isOver = last?.type === "ended";
  return {
    direction: first.direction,
    startedAt: first.at,
    endedAt: isOver ? last.at : null,
    result: isOver ? last.ending.result : null,
    ...reading.found(),
  };
}

type Open<T> = { -readonly [Key in keyof T]: T[Key] };

class Reading {
  readonly #direction: Direction;
  /** Nobody is on the line of a call back before she has answered: she waits in no queue, and cannot give up. */
  #isAway: boolean;
  readonly #contacts: Open<Contact>[] = [];
  readonly #talks: Open<Talk>[] = [];
  readonly #offers: Open<Offered>[] = [];
  #queue: QueueName | null = null;

  constructor(direction: Direction, isCallback: boolean) {
    this.#direction = direction;
    this.#isAway = isCallback;
  }

  found(): Pick<Measured, "contacts" | "talks" | "offers"> {
    return { contacts: this.#contacts, talks: this.#talks, offers: this.#offers };
  }

  read(event: CallEvent): void {
    const { at } = event;
    switch (event.type) {
      case "queued":
        this.#queue = event.queue;
        this.#endTalk(at);
        if (!this.#isAway && this.#waiting?.queue !== event.queue) {
          this.#endContact(at, "flowed_out");
          this.#enter(event.queue, at);
        }
        return;
      case "answered":
        if (this.#isAway && this.#queue !== null) this.#enter(this.#queue, at);
        this.#isAway = false;
        return;
      case "offered":
        this.#offers.push({
          agent: event.agent,
          queue: event.queue ?? null,
          at,
          outcome: null,
        });
        return;
      case "offer_ended":
        this.#endOffer(event.agent, event.outcome);
        return;
      case "connected":
        this.#endContact(at, "answered", event.agent);
        this.#endOffer(event.agent, "answered");
        this.#talk(event.agent, at);
        return;
      case "answered_natively":
        this.#endContact(at, "answered", event.agent);
        if (event.agent !== null) this.#talk(event.agent, at);
        return;
      case "callback_requested":
        this.#endContact(at, "callback");
        return;
      case "moved":
        this.#endTalk(at);
        this.#endContact(at, "flowed_out");
        this.#queue = event.queue;
        // She is in the queue from this moment, whoever is asked first there.
        this.#enter(event.queue, at);
        return;
      case "left_queue":
      case "forwarded":
      case "voicemail_started":
      case "menu_entered":
        this.#endContact(at, "flowed_out");
        return;
      case "released":
        this.#endContact(at, "lost");
        return;
      case "ended": {
        const { result, by } = event.ending;
        this.#endTalk(at);
        const gaveUp = result === "abandoned" && by === "caller";
        this.#endContact(at, gaveUp ? "abandoned" : result === "failed" ? "lost" : "flowed_out");
        return;
      }
      default:
        return; // All else changes nothing of who waits for whom.
    }
  }

  get #waiting(): Open<Contact> | undefined {
    const last = this.#contacts.at(-1);
    return last?.endedAt === null ? last : undefined;
  }

  #enter(queue: QueueName, at: number): void {
    this.#contacts.push({ queue, enteredAt: at, endedAt: null, end: "waiting", agent: null });
  }

  #endContact(at: number, end: ContactEnd, agent: AgentId | null = null): void {
    const contact = this.#waiting;
    if (contact !== undefined) Object.assign(contact, { endedAt: at, end, agent });
  }

  #talk(agent: AgentId, at: number): void {
    const [queue, direction] = [this.#queue, this.#direction];
    this.#talks.push({ agent, queue, direction, at, endedAt: null });
  }

  #endTalk(at: number): void {
    const last = this.#talks.at(-1);
    if (last?.endedAt === null) last.endedAt = at;
  }

  #endOffer(agent: AgentId, outcome: string): void {
    const offer = this.#offers.findLast((each) => each.agent === agent && each.outcome === null);
    if (offer !== undefined) offer.outcome = outcome;
  }
}
