import type { Log } from "../../ports/log.ts";
import type { Store } from "../../ports/store.ts";
import { sqliteKeys, sqliteSessions } from "./access.ts";
import { sqliteAudit } from "./audit.ts";
import { sqliteCalls } from "./calls.ts";
import { Connection } from "./connection.ts";
import { sqliteCustomers } from "./customers.ts";
import { sqliteErasure } from "./erasure.ts";
import { sqliteAgents, sqliteUsers } from "./people.ts";
import { sqliteRecordings } from "./recordings.ts";
import { sqliteTickets } from "./tickets.ts";
import { sqliteTranscripts } from "./transcripts.ts";
import { sqliteWebhooks } from "./webhooks.ts";
import { sqliteWrapUps } from "./wrap-ups.ts";

/** History in one SQLite file on this machine, which several processes of the machine may have open. */
export function openSqliteStore(options: { readonly file: string; readonly log?: Log }): Store {
  const connection = new Connection(options.file, options.log ?? null);
  return {
    start: () => connection.start(),
    stop: () => connection.stop(),
    health: () => connection.health(),
    calls: sqliteCalls(connection),
    transcripts: sqliteTranscripts(connection),
    tickets: sqliteTickets(connection),
    customers: sqliteCustomers(connection),
    agents: sqliteAgents(connection),
    users: sqliteUsers(connection),
    recordings: sqliteRecordings(connection),
    wrapUps: sqliteWrapUps(connection),
    webhooks: sqliteWebhooks(connection),
    sessions: sqliteSessions(connection),
    keys: sqliteKeys(connection),
    audit: sqliteAudit(connection),
    erasure: sqliteErasure(connection),
  };
}
