import { inCharge, nothing } from "./access.ts";
import {
  agentsInputSchema,
  agentsSchema,
  durationsInputSchema,
  durationsSchema,
  levelInputSchema,
  levelSchema,
  volumeInputSchema,
  volumeSchema,
} from "./analytics.ts";
import { route } from "./route.ts";

/** What a wallboard shows; what each agent did is for those who answer for it. */
const readers = ["viewer", "supervisor", "admin"] as const;

/** Reports, computed from the facts of calls. */
export const analyticsRoutes = {
  callVolume: route({
    method: "GET",
    path: "/api/analytics/call-volume",
    tag: "analytics",
    summary: "How many calls there were, by interval and by queue",
    who: readers,
    params: nothing,
    input: volumeInputSchema,
    reply: { kind: "json", status: 200, schema: volumeSchema },
  }),
  callVolumeCsv: route({
    method: "GET",
    path: "/api/analytics/call-volume.csv",
    tag: "analytics",
    summary: "The same as a table for spreadsheets",
    who: readers,
    params: nothing,
    input: volumeInputSchema,
    reply: { kind: "csv" },
  }),
  serviceLevels: route({
    method: "GET",
    path: "/api/analytics/service-level",
    tag: "analytics",
    summary: "Service level, speed of answer and abandon rate, by queue and interval",
    who: readers,
    params: nothing,
    input: levelInputSchema,
    reply: { kind: "json", status: 200, schema: levelSchema },
  }),
  serviceLevelsCsv: route({
    method: "GET",
    path: "/api/analytics/service-level.csv",
    tag: "analytics",
    summary: "The same as a table for spreadsheets",
    who: readers,
    params: nothing,
    input: levelInputSchema,
    reply: { kind: "csv" },
  }),
  agentPerformance: route({
    method: "GET",
    path: "/api/analytics/agent-performance",
    tag: "analytics",
    summary: "What each agent was offered, answered and talked",
    who: inCharge,
    params: nothing,
    input: agentsInputSchema,
    reply: { kind: "json", status: 200, schema: agentsSchema },
  }),
  agentPerformanceCsv: route({
    method: "GET",
    path: "/api/analytics/agent-performance.csv",
    tag: "analytics",
    summary: "The same as a table for spreadsheets",
    who: inCharge,
    params: nothing,
    input: agentsInputSchema,
    reply: { kind: "csv" },
  }),
  callDurations: route({
    method: "GET",
    path: "/api/analytics/call-duration-stats",
    tag: "analytics",
    summary: "How long calls, conversations and waits were",
    who: readers,
    params: nothing,
    input: durationsInputSchema,
    reply: { kind: "json", status: 200, schema: durationsSchema },
  }),
  callDurationsCsv: route({
    method: "GET",
    path: "/api/analytics/call-duration-stats.csv",
    tag: "analytics",
    summary: "The same as a table for spreadsheets",
    who: readers,
    params: nothing,
    input: durationsInputSchema,
    reply: { kind: "csv" },
  }),
};
