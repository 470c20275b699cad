import { byName, everyone, inCharge, nothing } from "./access.ts";
import { closeInputSchema, openingInputSchema, openingSchema } from "./queue.ts";
import { route } from "./route.ts";
import { surveyInputSchema, surveySchema } from "./survey.ts";
import { wrapUpCodesSchema } from "./wrap-up.ts";

/** What can be asked and said of queues. */
export const queueRoutes = {
  getOpening: route({
    method: "GET",
    path: "/api/queues/{name}/hours",
    tag: "queues",
    summary: "Whether a queue takes calls at a moment, and until when",
    who: everyone,
    params: byName,
    input: openingInputSchema,
    reply: { kind: "json", status: 200, schema: openingSchema },
  }),
  getWrapUpCodes: route({
    method: "GET",
    path: "/api/queues/{name}/wrap-up-codes",
    tag: "queues",
    summary: "What can be said that came of a call of a queue",
    who: everyone,
    params: byName,
    input: nothing,
    reply: { kind: "json", status: 200, schema: wrapUpCodesSchema },
  }),
  closeQueue: route({
    method: "POST",
    path: "/api/queues/{name}/close",
    tag: "queues",
    summary: "Close a queue now, whatever its hours; those who wait are still served",
    who: inCharge,
    params: byName,
    input: closeInputSchema,
    reply: { kind: "json", status: 200, schema: openingSchema },
  }),
  openQueue: route({
    method: "POST",
    path: "/api/queues/{name}/open",
    tag: "queues",
    summary: "End the closing of a queue: its hours count again",
    who: inCharge,
    params: byName,
    input: nothing,
    reply: { kind: "json", status: 200, schema: openingSchema },
  }),
  getSurvey: route({
    method: "GET",
    path: "/api/surveys",
    tag: "queues",
    summary: "How callers rated their conversations, by queue and by agent",
    who: inCharge,
    params: nothing,
    input: surveyInputSchema,
    reply: { kind: "json", status: 200, schema: surveySchema },
  }),
};
