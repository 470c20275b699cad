import type { QueryFilter } from "mongoose";
import type { AuditFilter, AuditTrail } from "../../ports/access.ts";
import { auditShape, pageSize, parseRecord } from "../shapes.ts";
import type { Connection } from "./connection.ts";
import { insertNew } from "./insert.ts";
import type { AuditDocument } from "./models.ts";

function conditions(filter: AuditFilter): QueryFilter<AuditDocument> {
  const { by, action, object, outcome, since, before, beforeId } = filter;
  return {
    ...(by === undefined ? {} : { by }),
    ...(action === undefined ? {} : { action }),
    ...(object === undefined ? {} : { object }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(since === undefined ? {} : { at: { $gte: since } }),
    ...(before === undefined
      ? {}
      : { $or: [{ at: { $lt: before } }, { at: before, _id: { $lt: beforeId ?? "" } }] }),
  };
}

export function mongoAudit(connection: Connection): AuditTrail {
  return {
    append: (entry) =>
      connection.run(async (models) => {
        // Its detail is kept as text: what is in it are not names of fields, and may begin with a dollar sign.
        const kept = { ...entry, detail: JSON.stringify(entry.detail) };
        await insertNew(() => models.audit.create([{ _id: entry.id, ...kept }]));
      }),

    list: async (filter) => {
      const limit = pageSize(filter.limit);
      if (limit === 0) return []; // MongoDB takes 0 for no limit.
      return await connection.run(async (models) => {
        const found = models.audit.find(conditions(filter)).sort({ at: -1, _id: -1 }).limit(limit);
        const entries = await found.lean();
        return entries.map((entry) =>
          parseRecord(auditShape, { ...entry, detail: JSON.parse(entry.detail) }, "audit entry"),
        );
      });
    },
  };
}
