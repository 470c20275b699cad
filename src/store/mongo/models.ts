import { type Connection, type Model, Schema, type SchemaOptions } from "mongoose";
import type { CallState } from "../../domain/call.ts";
import type { CallEvent } from "../../domain/call-fact.ts";
import type { CustomerId } from "../../domain/ids.ts";
import type { Delivery, Webhook } from "../../domain/webhook.ts";
import type { ApiKey, AuditEntry, Session } from "../../ports/access.ts";
import type {
  AgentRecord,
  Customer,
  RecordingEntry,
  Ticket,
  TicketActivity,
  TranscriptLine,
  User,
  WrapUp,
} from "../../ports/store.ts";

/**
 * The collections. A record's own name is its `_id`, so that "at most one" needs no further index, and is stored under
 * its own field name as well, so that a document reads as the port's type.
 */
type Keyed<T> = T & { readonly _id: string };

export type CallDocument = Keyed<CallState>;
export type EventDocument = Keyed<Pick<CallEvent, "call" | "seq" | "at" | "type">> & {
  readonly event: CallEvent;
};
export type LineDocument = Keyed<TranscriptLine> & {
  /** As `domain/search.ts` makes them of `content`. Whoever changes that writes them anew. */
  readonly words: readonly string[];
};
/** What changed on a ticket; the values as JSON. */
export type ActivityDocument = Omit<TicketActivity, "from" | "to"> & {
  readonly from: string;
  readonly to: string;
};
export type TicketDocument = Keyed<Ticket> & {
  readonly day: string;
  readonly number: number;
  /** What there is at most one ticket for: the call and source, or, without a call, the ticket itself. */
  readonly origin: string;
  /** What lists are sorted by. */
  readonly dueOrder: number;
  readonly priorityOrder: number;
  /** How often it was changed, so that two changes at once do not undo each other; tickets of before have none. */
  readonly changes?: number;
  /** In the ticket itself: what changed is on record or did not change. */
  readonly activity?: readonly ActivityDocument[];
};
/** `detail` as JSON. */
export type AuditDocument = Keyed<Omit<AuditEntry, "detail">> & { readonly detail: string };
export type RecordingDocument = Keyed<RecordingEntry>;
export type CustomerDocument = Keyed<Customer> & {
  readonly number: number;
  readonly nameOrder: string;
  /** What there is at most one customer for: her numbers, or, when they are another's or nobody's any more, her id. */
  readonly numbers: readonly string[];
  readonly mergedInto: CustomerId | null;
  readonly erasedAt: number | null;
  /** One who was merged, as she was before, until the one who stays has what was hers. */
  readonly leaving: Customer | null;
  /** Of the one who stays: who was merged into her. */
  readonly absorbed: readonly CustomerId[];
};

export interface Models {
  readonly calls: Model<CallDocument>;
  readonly events: Model<EventDocument>;
  readonly lines: Model<LineDocument>;
  readonly tickets: Model<TicketDocument>;
  readonly customers: Model<CustomerDocument>;
  readonly agents: Model<Keyed<AgentRecord>>;
  readonly users: Model<Keyed<User>>;
  readonly recordings: Model<RecordingDocument>;
  readonly wrapUps: Model<Keyed<WrapUp>>;
  readonly webhooks: Model<Keyed<Webhook>>;
  readonly deliveries: Model<Keyed<Delivery>>;
  readonly sessions: Model<Keyed<Session>>;
  readonly keys: Model<Keyed<ApiKey>>;
  readonly audit: Model<AuditDocument>;
}

const text = { type: String, required: false };
const number = { type: Number, required: false };
const key = { type: String, required: true };

/** Fields of one type, by their names. */
const each = <Type>(type: Type, ...names: readonly string[]): Record<string, Type> =>
  Object.fromEntries(names.map((name) => [name, type]));
const texts = (...names: readonly string[]) => each(text, ...names);
const numbers = (...names: readonly string[]) => each(number, ...names);

/** A field that is not declared is a fault of the program; `autoIndex` is off because `start` waits for the indexes. */
const options = {
  strict: "throw",
  strictQuery: "throw",
  versionKey: false,
  autoIndex: false,
  autoCreate: false,
  minimize: false,
} as const satisfies SchemaOptions;

const part = { ...options, _id: false } as const;

function callSchema(): Schema<CallDocument> {
  const ending = new Schema(texts("result", "reason", "by"), part);
  const outside = new Schema(texts("number", "trunk", "outcome"), part);
  const ordered = new Schema({ ...texts("by", "agent"), ...numbers("tries") }, part);
  const callback = new Schema(
    {
      ...texts("of", "from"),
      ...numbers("tries", "ringsSince", "missedAt"),
      ordered: { type: ordered, default: null },
    },
    part,
  );
  const ringing = new Schema({ ...texts("agent", "extension"), ...numbers("at") }, part);
  return new Schema<CallDocument>(
    {
      _id: key,
      id: key,
      ...texts("stage", "direction", "caller", "callerName", "dialled", "channel"),
      ...texts("language", "menu", "queue", "agent", "extension", "bridge", "agentChannel"),
      ...texts("recording", "calledBackBy", "wanted"),
      ...numbers("seq", "priority", "position", "startedAt", "answeredAt", "queuedAt"),
      ...numbers("offeredAt", "connectedAt", "endedAt", "lastAt", "joinedAt", "promisedBy"),
      ...numbers("moves", "movedSeq", "rating"),
      overflowed: [Number],
      widened: Boolean,
      alsoQueues: [String],
      ending: { type: ending, default: null },
      outside: { type: outside, default: null },
      callback: { type: callback, default: null },
      ringing: { type: [ringing], default: undefined },
    },
    options,
  )
    .index({ startedAt: -1, _id: -1 })
    .index({ queue: 1, startedAt: -1, _id: -1 })
    .index({ agent: 1, startedAt: -1, _id: -1 })
    .index({ caller: 1, startedAt: -1, _id: -1 })
    .index({ "ending.result": 1, startedAt: -1, _id: -1 });
}

function ticketSchema(): Schema<TicketDocument> {
  const note = new Schema({ at: number, ...texts("text", "by", "visibility") }, part);
  const activity = new Schema(
    { ...numbers("seq", "at"), ...texts("by", "field", "from", "to") },
    part,
  );
  return (
    new Schema<TicketDocument>(
      {
        ...each(key, "_id", "id", "day", "origin"),
        ...texts("subject", "description", "status", "priority", "department", "assignee"),
        ...texts("customerName", "customerPhone", "call", "recording", "source"),
        ...numbers("number", "createdAt", "updatedAt", "dueAt", "resolvedAt", "closedAt"),
        ...numbers("dueOrder", "priorityOrder", "changes"),
        tags: [String],
        linkedCalls: [String],
        notes: [note],
        activity: [activity],
      },
      options,
    )
      .index({ createdAt: -1, number: -1 })
      .index({ updatedAt: 1, createdAt: 1, number: 1 })
      .index({ dueOrder: 1, createdAt: 1, number: 1 })
      .index({ priorityOrder: 1, createdAt: 1, number: 1 })
      .index({ assignee: 1, createdAt: 1, number: 1 })
      .index({ customerPhone: 1, createdAt: 1, number: 1 })
      .index({ tags: 1 })
      .index({ linkedCalls: 1 })
      .index({ call: 1 })
      .index({ day: 1, number: -1 }, { unique: true })
      // Not a partial index on call and source: FerretDB v1 has none.
      .index({ origin: 1 }, { unique: true })
  );
}

const line = {
  ...texts("speaker", "content", "language", "source"),
  at: number,
  words: [String],
};
const recording = {
  ...texts("kind", "file", "sha256", "queue"),
  ...numbers("bytes", "durationMs"),
  agents: [String],
  deleted: { type: new Schema({ at: number, by: text }, part), default: null },
};

/** Declares the collections on a connection of our own. */
export function declareModels(connection: Connection): Models {
  const model = <T>(collection: string, schema: Schema<T>): Model<T> =>
    connection.model<T>(collection, schema, collection);
  return {
    calls: model("calls", callSchema()),
    events: model(
      "call_events",
      new Schema<EventDocument>(
        { _id: key, call: key, seq: number, at: number, type: text, event: Schema.Types.Mixed },
        options,
      ).index({ call: 1, seq: 1 }, { unique: true }),
    ),
    lines: model(
      "transcript_lines",
      new Schema<LineDocument>({ _id: key, call: key, seq: number, key, ...line }, options)
        .index({ call: 1, seq: -1 }, { unique: true })
        .index({ call: 1, key: 1 }, { unique: true })
        .index({ words: 1, at: -1, call: -1, seq: -1 }),
    ),
    tickets: model("tickets", ticketSchema()),
    customers: model(
      "customers",
      new Schema<CustomerDocument>(
        {
          ...each(key, "_id", "id"),
          ...texts("name", "nameOrder", "email", "notes", "mergedInto"),
          ...numbers("number", "version", "createdAt", "updatedAt", "erasedAt"),
          ...each([String], "phones", "numbers", "tags", "absorbed"),
          ...each(Schema.Types.Mixed, "fields", "legalHold", "leaving"),
        },
        options,
      )
        .index({ number: -1 }, { unique: true })
        .index({ numbers: 1 }, { unique: true })
        .index({ nameOrder: 1, number: 1 })
        .index({ updatedAt: 1, number: 1 })
        .index({ "leaving.phones": 1 }),
    ),
    agents: model(
      "agents",
      new Schema<Keyed<AgentRecord>>(
        { _id: key, id: key, name: text, extension: text, queues: [String] },
        options,
      ),
    ),
    users: model(
      "users",
      new Schema<Keyed<User>>(
        {
          ...each(key, "_id", "username"),
          ...texts("role", "passwordHash", "agent", "email", "planMark"),
          ...numbers("failures", "failedAt", "createdAt"),
          active: Boolean,
        },
        options,
      ),
    ),
    recordings: model(
      "recordings",
      new Schema<RecordingDocument>(
        { _id: key, name: key, call: key, ...recording, at: number },
        options,
      )
        .index({ call: 1, at: -1 })
        .index({ at: -1, _id: -1 })
        .index({ queue: 1, at: -1, _id: -1 })
        .index({ agents: 1, at: -1, _id: -1 }),
    ),
    webhooks: model(
      "webhooks",
      new Schema<Keyed<Webhook>>(
        {
          ...each(key, "_id", "id"),
          ...texts("url", "secret", "createdBy"),
          events: [String],
          active: Boolean,
          createdAt: number,
        },
        options,
      ),
    ),
    deliveries: model(
      "deliveries",
      new Schema<Keyed<Delivery>>(
        {
          ...each(key, "_id", "id", "webhook"),
          ...texts("event", "body", "state", "fault"),
          ...numbers("tries", "status", "createdAt", "triedAt"),
        },
        options,
      )
        .index({ webhook: 1, createdAt: -1, _id: -1 })
        .index({ state: 1, createdAt: -1, _id: -1 }),
    ),
    wrapUps: model(
      "wrap_ups",
      new Schema<Keyed<WrapUp>>(
        { ...each(key, "_id", "call", "agent"), ...texts("code", "note", "author"), at: number },
        options,
      ).index({ call: 1, at: -1 }),
    ),
    sessions: model(
      "sessions",
      new Schema<Keyed<Session>>(
        {
          ...each(key, "_id", "id", "username", "refreshHash"),
          ...numbers("createdAt", "expiresAt", "endedAt"),
          endedWhy: text,
        },
        options,
      )
        .index({ username: 1 })
        .index({ expiresAt: 1 }),
    ),
    keys: model(
      "api_keys",
      new Schema<Keyed<ApiKey>>(
        {
          ...each(key, "_id", "id", "hash"),
          ...texts("name", "createdBy"),
          ...numbers("createdAt", "expiresAt", "lastUsedAt", "revokedAt"),
          scopes: [String],
        },
        options,
      ).index({ hash: 1 }, { unique: true }),
    ),
    audit: model(
      "audit",
      new Schema<AuditDocument>(
        {
          ...each(key, "_id", "id"),
          ...texts("by", "address", "action", "object", "outcome"),
          at: number,
          detail: text,
        },
        options,
      )
        .index({ at: -1, _id: -1 })
        .index({ by: 1, at: -1, _id: -1 })
        .index({ object: 1, at: -1, _id: -1 })
        .index({ action: 1, at: -1, _id: -1 }),
    ),
  };
}
