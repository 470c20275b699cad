import { z } from "zod";
import { callStatusInputSchema, textSchema } from "./words.ts";

/** What can be asked of a live call. */
const department = textSchema(40);

export const routeInputSchema = z.strictObject({ department });

export const transferInputSchema = z
  .strictObject({
    target_department: department.optional().describe("the queue that the caller is taken to"),
    agent_id: textSchema(20)
      .optional()
      .describe("who is asked before all others; without a department, in a queue that she serves"),
  })
  .refine(({ target_department, agent_id }) => (target_department ?? agent_id) !== undefined, {
    error: "name target_department, agent_id or both",
  });

export const statusInputSchema = z.strictObject({
  status: callStatusInputSchema.describe(
    "ended ends the call, queued puts it back into its queue; another than the present one is refused",
  ),
});

/** What was asked is on its way; what comes of it is told as facts of the call, over the WebSocket and in its record. */
export const orderedSchema = z
  .strictObject({
    success: z.literal(true),
    call_id: z.string(),
    department: z.string().nullable().describe("where the caller is taken"),
    agent_id: z.string().nullable().describe("who is asked first"),
  })
  .meta({ id: "Ordered" });
