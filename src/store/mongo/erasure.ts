import type { TicketId } from "../../domain/ids.ts";
import { type Erasure, erasedSubject } from "../../ports/erasure.ts";
import type { Connection } from "./connection.ts";
import type { Models } from "./models.ts";

/** There is no transaction over collections here, so the calls come last: while they are there, they are found again. */
export function mongoErasure(connection: Connection): Erasure {
  return {
    calls: (calls) =>
      connection.run(async (models) => {
        const ids = [...calls];
        const ofThem = { call: { $in: ids } };
        const about = await models.tickets.find(ofThem, { _id: 1 }).lean();
        const tickets = await emptyTickets(
          models,
          about.map(({ _id }) => _id as TicketId),
        );
        const lines = await models.lines.deleteMany(ofThem);
        const recordings = await models.recordings.deleteMany(ofThem);
        const notes = await models.wrapUps.updateMany(
          { ...ofThem, note: { $ne: "" } },
          { $set: { note: "" } },
        );
        const started = { ...ofThem, type: "started" as const };
        const nobody = { "event.caller": "", "event.callerName": "" };
        await models.events.updateMany(started, { $set: nobody });
        await models.events.updateMany(
          { ...started, "event.direction": "outbound" },
          { $set: { "event.dialled": "" } },
        );
        const them = { _id: { $in: ids } };
        // Who is called is dialled.
        const outbound = { ...them, direction: "outbound" as const };
        await models.calls.updateMany(outbound, { $set: { dialled: "" } });
        const emptied = await models.calls.updateMany(them, {
          $set: { caller: "", callerName: "" },
        });
        return {
          calls: emptied.matchedCount,
          transcriptLines: lines.deletedCount,
          recordings: recordings.deletedCount,
          wrapUpNotes: notes.modifiedCount,
          tickets,
        };
      }),

    tickets: (tickets) => connection.run((models) => emptyTickets(models, tickets)),

    messages: (deliveries) =>
      connection.run(async (models) => {
        await models.deliveries.deleteMany({ _id: { $in: [...deliveries] } });
      }),
  };
}

async function emptyTickets(models: Models, tickets: readonly TicketId[]): Promise<number> {
  const emptied = await models.tickets.updateMany(
    {
      _id: { $in: [...tickets] },
      $or: [{ customerPhone: { $ne: "" } }, { subject: { $ne: erasedSubject } }],
    },
    {
      $set: {
        subject: erasedSubject,
        description: "",
        customerName: "",
        customerPhone: "",
        recording: null,
        notes: [],
      },
      // Whoever changes one at this moment begins anew with what is left of it.
      $inc: { changes: 1 },
    },
  );
  return emptied.modifiedCount;
}
