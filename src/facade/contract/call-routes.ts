import { z } from "zod";
import { byId, everyone, inCharge, nothing, staff } from "./access.ts";
import {
  callbackCancelledSchema,
  callDetailSchema,
  callListInputSchema,
  callListSchema,
  waitingListSchema,
} from "./call.ts";
import { route } from "./route.ts";
import { routingSchema } from "./routing.ts";
import { idSchema } from "./words.ts";
import { wrapUpInputSchema, wrapUpSavedSchema } from "./wrap-up.ts";

/** Calls, live and past, and their recordings. */
export const callRoutes = {
  listCalls: route({
    method: "GET",
    path: "/api/calls",
    tag: "calls",
    summary: "Live calls, or past ones (newest first)",
    who: everyone,
    params: nothing,
    input: callListInputSchema,
    reply: { kind: "json", status: 200, schema: callListSchema },
  }),
  listWaiting: route({
    method: "GET",
    path: "/api/calls/queue",
    tag: "calls",
    summary: "Waiting calls in the order they will be served",
    who: everyone,
    params: nothing,
    input: nothing,
    reply: { kind: "json", status: 200, schema: waitingListSchema },
  }),
  getCall: route({
    method: "GET",
    path: "/api/calls/{id}",
    tag: "calls",
    summary: "One call, live or past, with all its timestamps, facts and recordings",
    who: everyone,
    params: byId,
    input: nothing,
    reply: { kind: "json", status: 200, schema: callDetailSchema },
  }),
  getCallRouting: route({
    method: "GET",
    path: "/api/calls/{id}/routing",
    tag: "calls",
    summary:
      "Why a call went to whom, or waits: every agent it was offered to, and what keeps each from it",
    who: everyone,
    params: byId,
    input: nothing,
    reply: { kind: "json", status: 200, schema: routingSchema },
  }),
  cancelCallback: route({
    method: "POST",
    path: "/api/callbacks/{id}/cancel",
    tag: "calls",
    summary: "Call nobody back by this call any more; who is rung at this moment may still answer",
    who: inCharge,
    params: byId,
    input: nothing,
    reply: { kind: "json", status: 202, schema: callbackCancelledSchema },
  }),
  setWrapUpCode: route({
    method: "POST",
    path: "/api/calls/{id}/wrap-up",
    tag: "calls",
    summary: "Say what came of a conversation; its agent may during it and in the after-call work",
    who: staff,
    params: byId,
    input: wrapUpInputSchema,
    reply: { kind: "json", status: 200, schema: wrapUpSavedSchema },
  }),
  getCallRecording: route({
    method: "GET",
    path: "/api/calls/{id}/recording",
    tag: "recordings",
    summary: "The sound of a call: its conversation, or the message that was left",
    who: staff,
    params: byId,
    input: nothing,
    reply: { kind: "audio" },
  }),
  getRecording: route({
    method: "GET",
    path: "/api/recordings/{name}",
    tag: "recordings",
    summary: "One recording by its name",
    who: staff,
    params: z.strictObject({ name: idSchema }),
    input: nothing,
    reply: { kind: "audio" },
  }),
};
