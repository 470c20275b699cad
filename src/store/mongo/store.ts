import type { Log } from "../../ports/log.ts";
import type { Store } from "../../ports/store.ts";
import { mongoKeys, mongoSessions } from "./access.ts";
import { mongoAudit } from "./audit.ts";
import { mongoCalls } from "./calls.ts";
import { Connection } from "./connection.ts";
import { mongoCustomers } from "./customers.ts";
import { mongoErasure } from "./erasure.ts";
import { mongoAgents, mongoUsers } from "./people.ts";
import { mongoRecordings } from "./recordings.ts";
import { mongoTickets } from "./tickets.ts";
import { mongoTranscripts } from "./transcripts.ts";
import { Turns } from "./turns.ts";
import { mongoWebhooks } from "./webhooks.ts";
import { mongoWrapUps } from "./wrap-ups.ts";

/** History in MongoDB, for several machines; the same code is right on FerretDB v1 with one process. */
export function openMongoStore(options: { readonly url: string; readonly log?: Log }): Store {
  const connection = new Connection(options.url, options.log ?? null);
  const turns = new Turns();
  return {
    start: () => connection.start(),
    stop: () => connection.stop(),
    health: () => connection.health(),
    calls: mongoCalls(connection),
    transcripts: mongoTranscripts(connection),
    tickets: mongoTickets(connection, turns),
    customers: mongoCustomers(connection, turns),
    agents: mongoAgents(connection),
    users: mongoUsers(connection, turns),
    recordings: mongoRecordings(connection),
    wrapUps: mongoWrapUps(connection),
    webhooks: mongoWebhooks(connection),
    sessions: mongoSessions(connection, turns),
    keys: mongoKeys(connection),
    audit: mongoAudit(connection),
    erasure: mongoErasure(connection),
  };
}
