import { byCall, nothing, staff } from "./access.ts";
import { route } from "./route.ts";
import { messageSavedSchema, newMessageInputSchema, transcriptSchema } from "./transcript.ts";

/** What was said in calls. */
export const transcriptRoutes = {
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
