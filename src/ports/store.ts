import type { CallState } from "../domain/call.ts";
import type { CallEvent, Language } from "../domain/call-fact.ts";
import type { Customer, CustomerChange, CustomerSort, NewCustomer } from "../domain/customer.ts";
import type { AgentId, CallId, CustomerId, QueueName, TicketId } from "../domain/ids.ts";
import type {
  NewLine,
  NewRecording,
  RecordingEntry,
  RecordingKind,
  TranscriptLine,
  WrapUp,
} from "../domain/record.ts";
import type { SearchWord } from "../domain/search.ts";
import type {
  NewTicket,
  Ticket,
  TicketActivity,
  TicketChange,
  TicketPriority,
  TicketSort,
  TicketStatus,
} from "../domain/ticket.ts";
import type { Role } from "../domain/user.ts";
import type { ApiKeys, AuditTrail, SessionRecords } from "./access.ts";
import type { Erasure } from "./erasure.ts";
import type { Webhooks } from "./webhooks.ts";

export type {
  Customer,
  CustomerChange,
  CustomerSort,
  LegalHold,
  NewCustomer,
} from "../domain/customer.ts";
export type {
  NewLine,
  NewRecording,
  RecordingEntry,
  TranscriptLine,
  WrapUp,
} from "../domain/record.ts";
export {
  type NewTicket,
  type Ticket,
  type TicketActivity,
  type TicketChange,
  type TicketPriority,
  type TicketSort,
  type TicketStatus,
  ticketPriorities,
  ticketStatuses,
} from "../domain/ticket.ts";
export { type Role, roles } from "../domain/user.ts";

/**
 * History: what was, for people and reports. Two adapters (SQLite, MongoDB) pass `test/conformance/store.ts`.
 * Timestamps are stored as they happened, in milliseconds since 1970; metrics are computed from them, never stored.
 * Writes are durable when they settle (a SQLite commit; MongoDB majority), and saving the same thing twice is
 * harmless. Lists are newest first.
 *
 * Not here: SQL, collections, sessions, transactions, live state. Rejects only when the store cannot be reached
 * (`store_down`).
 */
export interface Store {
  start(): Promise<void>;
  stop(): Promise<void>;
  health(): Promise<"up" | "down">;
  readonly calls: CallLogs;
  readonly transcripts: Transcripts;
  readonly tickets: Tickets;
  readonly customers: Customers;
  readonly agents: AgentRecords;
  readonly users: Users;
  readonly recordings: Recordings;
  readonly wrapUps: WrapUps;
  readonly webhooks: Webhooks;
  readonly sessions: SessionRecords;
  readonly keys: ApiKeys;
  readonly audit: AuditTrail;
  readonly erasure: Erasure;
}

/** A call as it stays on record: its state, all its events, and its segments computed from them. */
export interface CallLog {
  readonly state: CallState;
  readonly events: readonly CallEvent[];
}

export interface CallFilter {
  readonly queue?: QueueName;
  readonly agent?: AgentId;
  /** Exact caller number. */
  readonly caller?: string;
  /** `ending.result`. */
  readonly result?: string;
  /** Calls that started before this time; the cursor of the next page. */
  readonly before?: number;
  /**
   * With `before`: the last call of the page before. Calls that started in that very millisecond and come after it
   * are then listed too, so that none falls between two pages. Lists are by start, then by id, both descending.
   */
  readonly beforeId?: CallId;
  /** At most 500. */
  readonly limit: number;
}

/** How often conversations of one agent in one queue were rated so. */
export interface RatingCount {
  readonly queue: QueueName;
  readonly agent: AgentId;
  /** 1 to 5. */
  readonly rating: number;
  readonly calls: number;
}

export interface CallLogs {
  /**
   * Appends events, and writes the states that follow from them: in one transaction where the store has them. An event
   * that is already there (same call and seq) is left as it is, an older state (smaller seq) never replaces a newer one.
   */
  append(events: readonly CallEvent[], states: readonly CallState[]): Promise<void>;
  get(id: CallId): Promise<CallLog | null>;
  /** The state alone, without reading every event. */
  state(id: CallId): Promise<CallState | null>;
  /**
   * Of these calls, by their ids and what is known of them, the states that are newer here. Events that were appended
   * and whose state was not, because whoever wrote them died in between, are part of it.
   */
  newer(known: readonly Pick<CallState, "id" | "seq">[]): Promise<readonly CallState[]>;
  list(filter: CallFilter): Promise<readonly CallState[]>;
  /**
   * Calls with their facts that started from `from` on and before `to`, in order of their start, then of their id;
   * `after` is the last one of the part before.
   */
  between(
    from: number,
    to: number,
    after: Pick<CallState, "id" | "startedAt"> | null,
    limit: number,
  ): Promise<readonly CallLog[]>;
  /** The ratings of calls that started from `from` on and before `to`, by queue, agent and rating, in that order. */
  ratings(from: number, to: number): Promise<readonly RatingCount[]>;
}

export interface Transcripts {
  /** Appends lines in order and returns them with their numbers; those already there (same key) are left as they are. */
  append(call: CallId, lines: readonly NewLine[]): Promise<readonly TranscriptLine[]>;
  /** In order of `seq`. */
  list(call: CallId): Promise<readonly TranscriptLine[]>;
  /**
   * Lines that have all the words, as `domain/search.ts` tells words, newest first; those of one millisecond in an order
   * that is the same each time.
   */
  search(filter: TranscriptFilter): Promise<readonly TranscriptLine[]>;
}

export interface TranscriptFilter {
  /** At least one. */
  readonly words: readonly SearchWord[];
  readonly call?: CallId;
  readonly speaker?: TranscriptLine["speaker"];
  readonly language?: Language;
  readonly said?: Span;
  /** The last line of the page before. */
  readonly after?: Pick<TranscriptLine, "call" | "seq" | "at">;
  /** At most 500. */
  readonly limit: number;
}

/** A span of time: from this moment on (milliseconds since 1970), and before that one. */
export interface Span {
  readonly from?: number;
  readonly to?: number;
}

/** Where a ticket stands in a sorted list, so that the next page can begin behind it. */
export interface TicketPlace {
  /** As `sortValueOf` of `domain/ticket.ts` gives it. */
  readonly value: number;
  readonly createdAt: number;
  readonly id: TicketId;
}

export interface TicketFilter {
  readonly status?: TicketStatus;
  readonly priority?: TicketPriority;
  readonly department?: string;
  /** `null`: nobody's. */
  readonly assignee?: AgentId | null;
  readonly tag?: string;
  /** The call that it came from, or that was linked to it. */
  readonly call?: CallId;
  /** As the tickets have it, character for character. */
  readonly customerPhone?: string;
  readonly created?: Span;
  readonly updated?: Span;
  /** `is`: those that were due before `at` and are neither resolved nor closed; else all others. */
  readonly overdue?: { readonly at: number; readonly is: boolean };
  /** By creation, newest first, unless told otherwise. Ties are in the order of their creation, in the same direction. */
  readonly sort?: { readonly by: TicketSort; readonly descending: boolean };
  /** The last ticket of the page before, in a list that is sorted alike. */
  readonly after?: TicketPlace;
  /** At most 500. */
  readonly limit: number;
}

export interface Tickets {
  /**
   * Opens a ticket with the next number of its UTC day. With a call: at most one ticket for each call and source;
   * asking again returns the one that is there.
   */
  open(ticket: NewTicket, now: number): Promise<Ticket>;
  get(id: TicketId): Promise<Ticket | null>;
  list(filter: TicketFilter): Promise<readonly Ticket[]>;
  /**
   * Changes the ticket as `changeTicket` of `domain/ticket-change.ts` does, and puts on record what changed, both or
   * neither; `null` when there is no such ticket. Refuses (`conflict`) what would make it hold too much.
   */
  update(id: TicketId, change: TicketChange, now: number): Promise<Ticket | null>;
  /** What changed on a ticket, newest first; with `before`: only what has a smaller number. */
  activity(
    id: TicketId,
    page: { readonly before?: number; readonly limit: number },
  ): Promise<readonly TicketActivity[]>;
}

/** Where a customer stands in a sorted list, so that the next page can begin behind her. */
export interface CustomerPlace {
  /** What the list is sorted by: a time, or the name as `nameOrder` of `domain/customer.ts` writes it. */
  readonly value: string | number;
  readonly id: CustomerId;
}

export interface CustomerFilter {
  /** A part of the name, whatever its case. */
  readonly name?: string;
  /** Digits that stand in one of the numbers, one after another. */
  readonly digits?: string;
  /**
   * By creation, newest first, unless told otherwise. Ties, and customers made at the same time, are in the order of
   * their ids' numbers, in the same direction.
   */
  readonly sort?: { readonly by: CustomerSort; readonly descending: boolean };
  /** The last customer of the page before, in a list that is sorted alike. */
  readonly after?: CustomerPlace;
  /** At most 500. */
  readonly limit: number;
}

/** Why a customer was left as she was. */
export type CustomerRefusal =
  /** There is none of this id. */
  | { readonly refused: "unknown" }
  /** She has none of the versions that were named any more. */
  | { readonly refused: "changed" }
  /** A number is that of another customer. */
  | { readonly refused: "number_taken"; readonly phone: string; readonly by: CustomerId }
  /** She would have more numbers than `customerLimits` allows. */
  | { readonly refused: "too_many_numbers" }
  /** Nothing of her may be erased. */
  | { readonly refused: "on_hold" };

/**
 * Customers: whoever has called, by her numbers. The id of one who was merged into another means that other, wherever
 * an id is asked for.
 */
export interface Customers {
  /** The customer of a number, made when there is none yet; a name fills an empty one. */
  ensure(phone: string, name: string, now: number): Promise<Customer>;
  /** Adds a customer; refuses with `number_taken` alone. */
  add(customer: NewCustomer, now: number): Promise<Customer | CustomerRefusal>;
  get(id: CustomerId): Promise<Customer | null>;
  /** The customer of a number; `null` when there is none. */
  byPhone(phone: string): Promise<Customer | null>;
  /** Changes a customer as `changeCustomer` does, where she has one of the versions that are named. */
  update(
    id: CustomerId,
    change: CustomerChange,
    now: number,
    versions?: readonly number[],
  ): Promise<Customer | CustomerRefusal>;
  /** Makes two customers one, as `mergeCustomers` does; two that are one already stay as they are. */
  merge(stays: CustomerId, other: CustomerId, now: number): Promise<Customer | CustomerRefusal>;
  /** Takes away all that is known of a customer; no other gets her id. `null`: done. */
  erase(id: CustomerId, now: number): Promise<null | CustomerRefusal>;
  list(filter: CustomerFilter): Promise<readonly Customer[]>;
}

/** An agent as history knows her: who she is, not what she is doing. */
export interface AgentRecord {
  readonly id: AgentId;
  readonly name: string;
  readonly extension: string;
  readonly queues: readonly QueueName[];
}

export interface AgentRecords {
  /** Writes each, by id. */
  save(agents: readonly AgentRecord[]): Promise<void>;
  get(id: AgentId): Promise<AgentRecord | null>;
  /** By id. */
  list(): Promise<readonly AgentRecord[]>;
}

export interface User {
  readonly username: string;
  readonly role: Role;
  /** As `facade/http/password.ts` writes it. */
  readonly passwordHash: string;
  /** The agent this user is, if any. */
  readonly agent: AgentId | null;
  readonly email: string | null;
  /** Who is not may not sign in. */
  readonly active: boolean;
  /** What tells whether the secrets file has changed since this user was made to be as it says; `null`: not from there. */
  readonly planMark: string | null;
  /** Wrong passwords in a row, and when the last one was given. */
  readonly failures: number;
  readonly failedAt: number | null;
  readonly createdAt: number;
}

/** What can be changed of a user. */
export type UserChange = Partial<Omit<User, "username" | "createdAt">>;

export interface Users {
  /** Adds a user; `false`, and nothing changed, when the username is taken. */
  add(user: User): Promise<boolean>;
  get(username: string): Promise<User | null>;
  list(): Promise<readonly User[]>;
  /** Changes the given fields at once; `null` when there is no such user. */
  update(username: string, change: UserChange): Promise<User | null>;
  /** Counts a wrong password; those before count on when the last was given after `since`. Returns how many there are. */
  fail(username: string, at: number, since: number): Promise<number>;
  /** `false` when there is no such user. */
  remove(username: string): Promise<boolean>;
}

export interface WrapUps {
  /** Writes what came of a conversation: one entry for each call and agent, a later one in place of the earlier. */
  save(entry: WrapUp): Promise<void>;
  ofCall(call: CallId): Promise<readonly WrapUp[]>;
}

export interface RecordingFilter {
  readonly call?: CallId;
  readonly queue?: QueueName;
  /** Who talked in the call. */
  readonly agent?: AgentId;
  readonly kind?: RecordingKind;
  readonly recorded?: Span;
  /** Those whose audio was deleted, or those whose audio is there. */
  readonly deleted?: boolean;
  /** The last entry of the page before. */
  readonly after?: Pick<RecordingEntry, "at" | "name">;
  /** At most 500. */
  readonly limit: number;
}

export interface Recordings {
  /** Writes an entry, by name; that its audio was deleted stays. */
  save(entry: NewRecording): Promise<void>;
  /** By time, then by name, both descending. */
  list(filter: RecordingFilter): Promise<readonly RecordingEntry[]>;
  /** Marks the audio as deleted, once: a later time or user changes nothing. `null` when there is no such entry. */
  markDeleted(name: string, by: string, at: number): Promise<RecordingEntry | null>;
  get(name: string): Promise<RecordingEntry | null>;
  ofCall(call: CallId): Promise<readonly RecordingEntry[]>;
}
