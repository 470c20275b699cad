import { accountHandlers } from "./accounts.ts";
import { agentHandlers } from "./agents.ts";
import { auditHandlers } from "./audit-trail.ts";
import { callHandlers } from "./calls.ts";
import type { FacadeDeps } from "./deps.ts";
import { dutiesHandlers } from "./duties.ts";
import type { Handlers } from "./handler.ts";
import { keyHandlers } from "./keys.ts";
import { metricsHandlers } from "./metrics.ts";
import { ownAccountHandlers } from "./own-account.ts";
import { pageHandlers } from "./pages.ts";
import { queueHandlers } from "./queues.ts";
import { recordingHandlers } from "./recordings.ts";
import { sessionHandlers } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { surveyHandlers } from "./surveys.ts";
import { systemHandlers } from "./system.ts";
import { ticketHandlers } from "./tickets.ts";
import { transcriptHandlers } from "./transcripts.ts";
import { wrapUpHandlers } from "./wrap-up.ts";

/** A handler for every route; one that is missing does not compile. */
export async function createHandlers(deps: FacadeDeps, tokens: Sessions): Promise<Handlers> {
  return {
    ...sessionHandlers(deps, tokens),
    ...ownAccountHandlers(deps, tokens),
    ...accountHandlers(deps, tokens),
    ...keyHandlers(deps, tokens),
    ...auditHandlers(deps),
    ...systemHandlers(deps),
    ...metricsHandlers(deps),
    ...callHandlers(deps),
    ...recordingHandlers(deps),
    ...agentHandlers(deps),
    ...dutiesHandlers(deps),
    ...wrapUpHandlers(deps),
    ...queueHandlers(deps),
    ...surveyHandlers(deps),
    ...transcriptHandlers(deps),
    ...ticketHandlers(deps),
    ...(await pageHandlers()),
  };
}
