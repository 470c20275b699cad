import { accountHandlers } from "./accounts.ts";
import { agentHandlers } from "./agents.ts";
import { analyticsHandlers } from "./analytics.ts";
import { auditHandlers } from "./audit-trail.ts";
import { callControlHandlers } from "./call-control.ts";
import { callHandlers } from "./calls.ts";
import { customerImportHandlers } from "./customer-import.ts";
import { customerPrivacyHandlers } from "./customer-privacy.ts";
import { customerTableHandlers } from "./customer-table.ts";
import { customerHandlers } from "./customers.ts";
import type { FacadeDeps } from "./deps.ts";
import { dutiesHandlers } from "./duties.ts";
import type { Handlers } from "./handler.ts";
import { keyHandlers } from "./keys.ts";
import { metricsHandlers } from "./metrics.ts";
import { originateHandlers } from "./originate.ts";
import { ownAccountHandlers } from "./own-account.ts";
import { pageHandlers } from "./pages.ts";
import { queueHandlers } from "./queues.ts";
import { readinessHandlers } from "./readiness.ts";
import { recordingHandlers } from "./recordings.ts";
import { sessionHandlers } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { surveyHandlers } from "./surveys.ts";
import { systemHandlers } from "./system.ts";
import { ticketHandlers } from "./tickets.ts";
import { transcriptHandlers } from "./transcripts.ts";
import { webhookHandlers } from "./webhooks.ts";
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
    ...readinessHandlers(deps),
    ...metricsHandlers(deps),
    ...callHandlers(deps),
    ...callControlHandlers(deps),
    ...originateHandlers(deps),
    ...recordingHandlers(deps),
    ...agentHandlers(deps),
    ...dutiesHandlers(deps),
    ...wrapUpHandlers(deps),
    ...queueHandlers(deps),
    ...surveyHandlers(deps),
    ...transcriptHandlers(deps),
    ...analyticsHandlers(deps),
    ...customerHandlers(deps),
    ...customerTableHandlers(deps),
    ...customerImportHandlers(deps),
    ...customerPrivacyHandlers(deps),
    ...ticketHandlers(deps),
    ...webhookHandlers(deps),
    ...(await pageHandlers()),
  };
}
