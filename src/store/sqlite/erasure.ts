import type { TicketId } from "../../domain/ids.ts";
import { type Erasure, erasedSubject } from "../../ports/erasure.ts";
import type { Connection, Prepare } from "./connection.ts";

/** Ids are one parameter, as JSON, so that a statement is prepared once. */
const AMONG = "IN (SELECT value FROM json_each(?))";

/** Who is called is dialled. */
const who = (json: string) => `
  json_set(${json}, '$.caller', '', '$.callerName', '', '$.dialled',
    iif(${json} ->> '$.direction' = 'outbound', '', ${json} ->> '$.dialled'))`;

const CALLS = `UPDATE calls SET state = ${who("state")} WHERE id ${AMONG}`;
const EVENTS = `
  UPDATE call_events SET event = ${who("event")} WHERE type = 'started' AND call ${AMONG}`;

const TICKETS = `
  UPDATE tickets SET subject = ?, description = '', customer_name = '', customer_phone = '', recording = NULL,
    notes = '[]'
  WHERE id ${AMONG} AND (customer_phone <> '' OR subject <> ?)`;

export function sqliteErasure(connection: Connection): Erasure {
  return {
    calls: (calls) =>
      connection.write((prepare) => {
        const ids = JSON.stringify(calls);
        const run = (sql: string): number => Number(prepare(sql).run(ids).changes);
        const tickets = prepare(`SELECT id FROM tickets WHERE call ${AMONG}`).all(ids);
        run(EVENTS);
        return {
          tickets: emptyTickets(
            prepare,
            tickets.map(({ id }) => String(id) as TicketId),
          ),
          transcriptLines: run(`DELETE FROM transcript_lines WHERE call ${AMONG}`),
          recordings: run(`DELETE FROM recordings WHERE call ${AMONG}`),
          wrapUpNotes: run(`UPDATE wrap_ups SET note = '' WHERE note <> '' AND call ${AMONG}`),
          calls: run(CALLS),
        };
      }),

    tickets: (tickets) => connection.write((prepare) => emptyTickets(prepare, tickets)),

    messages: (deliveries) =>
      connection.write((prepare) => {
        prepare(`DELETE FROM deliveries WHERE id ${AMONG}`).run(JSON.stringify(deliveries));
      }),
  };
}

function emptyTickets(prepare: Prepare, tickets: readonly TicketId[]): number {
  const emptied = prepare(TICKETS).run(erasedSubject, JSON.stringify(tickets), erasedSubject);
  return Number(emptied.changes);
}
