import { byCall, nothing, staff } from "./access.ts";
import { route } from "./route.ts";
import {
  messageSavedSchema,
  newMessageInputSchema,
  transcriptSchema,
  transcriptSearchInputSchema,
  transcriptSearchSchema,
} from "./transcript.ts";

/** What was said in calls. */
export const transcriptRoutes = {
  searchTranscripts: route({
    method: "GET",
    path: "/api/transcripts",
    tag: "transcripts",
    summary: "Search what was said in all calls, newest first",
    who: staff,
    params: nothing,
    input: transcriptSearchInputSchema,
    reply: { kind: "json", status: 200, schema: transcriptSearchSchema },
  }),
  getTranscript: route({
    method: "GET",
    path: "/api/transcripts/{call_id}",
    tag: "transcripts",
    summary: "What was said in a call, in order",
    who: staff,
    params: byCall,
    input: nothing,
    reply: { kind: "json", status: 200, schema: transcriptSchema },
  }),
  addMessage: route({
    method: "POST",
    path: "/api/transcripts/{call_id}/messages",
    tag: "transcripts",
    summary: "Append to what was said",
    who: staff,
    params: byCall,
    input: newMessageInputSchema,
    reply: { kind: "json", status: 200, schema: messageSavedSchema },
  }),
};
