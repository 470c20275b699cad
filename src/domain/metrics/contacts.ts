import type { CallEvent, Direction, OfferOutcome } from "../call-fact.ts";
import type { AgentId, QueueName } from "../ids.ts";

/** How a stay in a queue ended. */
export type ContactEnd =
  /** An agent of ours talked to her. */
  | "answered"
  /** She hung up while she waited, or while a telephone rang for her. */
  | "abandoned"
  /** She asked to be called back: her place waits on without her. */
  | "callback"
  /** She was asked for a message. */
  | "voicemail"
  /** Somebody outside talked to her. */
  | "forwarded"
  /** She went elsewhere: by a key, a rule of the queue, a transfer. */
  | "flowed_out"
  /** Something broke. */
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
  /** `null` while it goes on. The survey after it is no part of it. */
  readonly endedAt: number | null;
  /** Whether it ended because the caller was taken to another agent or queue. */
  readonly transferred: boolean;
}

/** One offer of a call to one agent. */
export interface Offered {
  readonly agent: AgentId;
  readonly queue: QueueName | null;
  readonly at: number;
  /** What came of it; `null` while her telephone rings. `withdrawn`: the call ended, or was lost, before it was told. */
  readonly outcome: OfferOutcome | "withdrawn" | null;
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
  const reading = new Reading(first);
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
  /** We have called her because a user said so: she has not come to a queue of her own. */
  readonly #isOrdered: boolean;
  readonly #contacts: Open<Contact>[] = [];
  readonly #talks: Open<Talk>[] = [];
  readonly #offers: Open<Offered>[] = [];
  #queue: QueueName | null = null;
  /** The stay that she has left without an agent, until it is known for what. */
  #left: Open<Contact> | null = null;

  constructor({ direction, callback }: CallEvent & { readonly type: "started" }) {
    this.#direction = direction;
    this.#isAway = callback !== undefined;
    this.#isOrdered = callback?.ordered !== undefined;
  }

  found(): Pick<Measured, "contacts" | "talks" | "offers"> {
    return { contacts: this.#contacts, talks: this.#talks, offers: this.#offers };
  }

  read(event: CallEvent): void {
    const { at } = event;
    switch (event.type) {
      case "queued":
        this.#queue = event.queue;
        this.#endTalk(at, true);
        if (!this.#isAway && this.#waiting?.queue !== event.queue) {
          this.#endContact(at, "flowed_out");
          this.#enter(event.queue, at);
        }
        return;
      case "answered":
        if (!this.#isAway || this.#isOrdered) return;
        this.#isAway = false;
        if (this.#queue !== null) this.#enter(this.#queue, at);
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
      case "moved":
        this.#endTalk(at, true);
        this.#endContact(at, "flowed_out");
        this.#queue = event.queue;
        this.#isAway = false;
        // She is in the queue from this moment, whoever is asked first there.
        this.#enter(event.queue, at);
        return;
      case "left_queue":
      case "forwarded":
        this.#left = this.#endContact(at, "flowed_out") ?? this.#left;
        return;
      // Leaving the queue is told first, and what for behind it.
      case "callback_requested":
        this.#leaveFor("callback", at);
        return;
      case "voicemail_started":
        this.#leaveFor("voicemail", at);
        return;
      case "connected_outside":
        this.#leaveFor("forwarded", at);
        return;
      case "menu_entered":
        this.#endContact(at, "flowed_out");
        this.#left = null;
        return;
      case "survey_started":
        this.#endTalk(at, false);
        return;
      case "released":
        // The dialplan has her: whoever waited waits on, whoever talked may be anywhere.
        this.#endTalk(at, false);
        this.#withdrawOffers();
        return;
      case "ended": {
        const { result, by } = event.ending;
        this.#endTalk(at, false);
        this.#withdrawOffers();
        const gaveUp = result === "abandoned" && by === "caller";
        if (gaveUp) this.#leaveFor("abandoned", at, at);
        else this.#endContact(at, result === "failed" ? "lost" : "flowed_out");
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
    this.#left = null;
    this.#contacts.push({ queue, enteredAt: at, endedAt: null, end: "waiting", agent: null });
  }

  #endContact(
    at: number,
    end: ContactEnd,
    agent: AgentId | null = null,
  ): Open<Contact> | undefined {
    const contact = this.#waiting;
    if (contact !== undefined) Object.assign(contact, { endedAt: at, end, agent });
    return contact;
  }

  /** Says for what she leaves the queue, or has just left it; `until`: how long she has waited after all. */
  #leaveFor(end: ContactEnd, at: number, until?: number): void {
    const contact = this.#endContact(at, end) ?? this.#left;
    this.#left = null;
    if (contact === null) return;
    contact.end = end;
    if (until !== undefined) contact.endedAt = until;
  }

  #talk(agent: AgentId, at: number): void {
    const [queue, direction] = [this.#queue, this.#direction];
    this.#talks.push({ agent, queue, direction, at, endedAt: null, transferred: false });
  }

  #endTalk(at: number, transferred: boolean): void {
    const last = this.#talks.at(-1);
    if (last?.endedAt === null) Object.assign(last, { endedAt: at, transferred });
  }

  #endOffer(agent: AgentId, outcome: OfferOutcome): void {
    const offer = this.#offers.findLast((each) => each.agent === agent && each.outcome === null);
    if (offer !== undefined) offer.outcome = outcome;
  }

  #withdrawOffers(): void {
    for (const offer of this.#offers) offer.outcome ??= "withdrawn";
  }
}
