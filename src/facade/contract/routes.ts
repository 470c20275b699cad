import { accessRoutes } from "./access-routes.ts";
import { agentRoutes } from "./agent-routes.ts";
import { analyticsRoutes } from "./analytics-routes.ts";
import { callRoutes } from "./call-routes.ts";
import { customerRoutes } from "./customer-routes.ts";
import { pageRoutes } from "./page-routes.ts";
import { queueRoutes } from "./queue-routes.ts";
import { recordingRoutes } from "./recording-routes.ts";
import { systemRoutes } from "./system-routes.ts";
import { ticketRoutes } from "./ticket-routes.ts";
import { transcriptRoutes } from "./transcript-routes.ts";
import { webhookRoutes } from "./webhook-routes.ts";

/**
 * The whole HTTP interface, and who may call what. A path without parameters stands before a path that would also
 * match it. Each entry needs a handler of the same name in `http/handlers.ts`, or nothing compiles.
 */
export const routes = {
  ...systemRoutes,
  ...accessRoutes,
  ...callRoutes,
  ...recordingRoutes,
  ...queueRoutes,
  ...agentRoutes,
  ...transcriptRoutes,
  ...customerRoutes,
  ...ticketRoutes,
  ...analyticsRoutes,
  ...webhookRoutes,
  ...pageRoutes,
};

export type Routes = typeof routes;
export type RouteName = keyof Routes;
