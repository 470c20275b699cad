import type { AgentId, CallId, TicketId } from "./ids.ts";

export const ticketStatuses = ["open", "in_progress", "resolved", "closed"] as const;
export type TicketStatus = (typeof ticketStatuses)[number];
export const ticketPriorities = ["low", "medium", "high", "urgent"] as const;
export type TicketPriority = (typeof ticketPriorities)[number];

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
  /** The message that the caller left, as the call's facts name its recording. */
  readonly recording: string | null;
  /** Why it was opened: `abandoned`, `voicemail`, `api`. */
  readonly source: string;
  readonly notes: readonly { readonly at: number; readonly text: string; readonly by: string }[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What has to be known to open a ticket. */
export type NewTicket = Omit<Ticket, "id" | "notes" | "createdAt" | "updatedAt" | "status">;
