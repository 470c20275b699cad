import type { AgentId, CallId, TicketId } from "./ids.ts";

export const ticketStatuses = ["open", "in_progress", "resolved", "closed"] as const;
export type TicketStatus = (typeof ticketStatuses)[number];
/** From the least to the most pressing; their order is that of `sort=priority`. */
export const ticketPriorities = ["low", "medium", "high", "urgent"] as const;
export type TicketPriority = (typeof ticketPriorities)[number];
/** `private`: for the people of the centre; `public`: may be shown to the customer. */
export const noteVisibilities = ["private", "public"] as const;
export type NoteVisibility = (typeof noteVisibilities)[number];

export interface TicketNote {
  readonly at: number;
  readonly text: string;
  readonly by: string;
  readonly visibility: NoteVisibility;
}

/** Something to follow up: opened by a call that was not served, or by a person. */
export interface Ticket {
  readonly id: TicketId;
  readonly subject: string;
  readonly description: string;
  readonly status: TicketStatus;
  readonly priority: TicketPriority;
  readonly department: string | null;
  readonly assignee: AgentId | null;
  readonly customerName: string;
  readonly customerPhone: string;
  /** The call it came from. */
  readonly call: CallId | null;
  /** The other calls that it is about, in the order in which they were linked. */
  readonly linkedCalls: readonly CallId[];
  /** The message that the caller left, as the call's facts name its recording. */
  readonly recording: string | null;
  /** Why it was opened: `abandoned`, `voicemail`, `api`. */
  readonly source: string;
  /** As {@link tagsOf} writes them. */
  readonly tags: readonly string[];
  /** By when it is to be resolved. */
  readonly dueAt: number | null;
  readonly notes: readonly TicketNote[];
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Since when it is resolved; `null` while it is not, and where it was closed without. */
  readonly resolvedAt: number | null;
  readonly closedAt: number | null;
}

/** What has to be known to open a ticket. */
export interface NewTicket
  extends Pick<
    Ticket,
    | "subject"
    | "description"
    | "priority"
    | "department"
    | "assignee"
    | "customerName"
    | "customerPhone"
    | "call"
    | "recording"
    | "source"
  > {
  readonly tags?: readonly string[];
  readonly dueAt?: number | null;
  /** The user who opens it; nobody where a call's end did. */
  readonly by?: string;
}

/** What somebody does to a ticket, all of it at once. */
export interface TicketChange {
  /** The user who does it. */
  readonly by: string;
  readonly status?: TicketStatus;
  readonly priority?: TicketPriority;
  readonly assignee?: AgentId | null;
  readonly department?: string;
  readonly dueAt?: number | null;
  /** In place of those that are there; before `addTags` and `removeTags`. */
  readonly tags?: readonly string[];
  readonly addTags?: readonly string[];
  readonly removeTags?: readonly string[];
  readonly linkCall?: CallId;
  readonly note?: Pick<TicketNote, "text" | "visibility">;
}

/** What can change of a ticket. */
export const ticketFields = [
  "status",
  "priority",
  "assignee",
  "department",
  "dueAt",
  "tags",
  "linkedCalls",
  "notes",
] as const;
export type TicketField = (typeof ticketFields)[number];

/** One thing that changed on a ticket; never edited, never taken out. */
export interface TicketActivity {
  /** From 1 within the ticket. */
  readonly seq: number;
  readonly at: number;
  /** The user who did it; `system` where a call's end did. */
  readonly by: string;
  readonly field: TicketField;
  /** What it was before: a word, a time, the tags; `null`: nothing. */
  readonly from: TicketValue;
  /** What it is since. Of a call that was linked its id, of a note its visibility: its text stands in the ticket. */
  readonly to: TicketValue;
}
export type TicketValue = string | number | readonly string[] | null;

/** What lists of tickets can be sorted by. */
export const ticketSorts = ["createdAt", "updatedAt", "dueAt", "priority"] as const;
export type TicketSort = (typeof ticketSorts)[number];

/** A ticket that is due at no time stands behind all that are: later than any time there is. */
export const NEVER_DUE = Number.MAX_SAFE_INTEGER;

/** What a ticket is sorted by, as a number. */
export function sortValueOf(ticket: Ticket, by: TicketSort): number {
  switch (by) {
    case "createdAt":
    case "updatedAt":
      return ticket[by];
    case "dueAt":
      return ticket.dueAt ?? NEVER_DUE;
    case "priority":
      return ticketPriorities.indexOf(ticket.priority);
    default:
      return by satisfies never;
  }
}

/** Tags as they are kept: in lower case, each once, in the order of their characters. */
export function tagsOf(words: readonly string[]): readonly string[] {
  return [...new Set(words.map((word) => word.normalize("NFC").toLowerCase()))].sort();
}
