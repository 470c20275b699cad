import type { CallId, DeliveryId, TicketId } from "../domain/ids.ts";

/** How many of each were taken away or emptied. */
export interface Erased {
  readonly calls: number;
  readonly transcriptLines: number;
  readonly recordings: number;
  readonly wrapUpNotes: number;
  readonly tickets: number;
}

/**
 * Takes out of the history who somebody was. What happened when, and to how many, stays, for the reports. Doing it twice
 * is harmless, and what is asked for together is done together where the store has transactions.
 */
export interface Erasure {
  /**
   * Of these calls: who called, and what was dialled to reach her; transcripts, entries of recordings, notes of
   * wrap-ups; and what `tickets` takes out of their tickets.
   */
  calls(calls: readonly CallId[]): Promise<Erased>;
  /** Of these tickets: whom they are about, in whose words, and her message. Those that are empty already do not count. */
  tickets(tickets: readonly TicketId[]): Promise<number>;
  /** Messages to webhooks, whether they were delivered or not. */
  messages(deliveries: readonly DeliveryId[]): Promise<void>;
}

/** What a ticket is called that nobody may know of any more. */
export const erasedSubject = "Erased";
