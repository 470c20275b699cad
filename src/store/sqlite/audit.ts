import type { AuditEntry, AuditFilter, AuditTrail } from "../../ports/access.ts";
import { auditShape, pageSize, parseRecord } from "../shapes.ts";
import type { Connection } from "./connection.ts";
import { type Condition, whereOf } from "./where.ts";

const APPEND = `
  INSERT INTO audit (id, at, by, address, action, object, outcome, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO NOTHING`;

const SELECT = "SELECT id, at, by, address, action, object, outcome, detail FROM audit";

function conditions(filter: AuditFilter): Condition[] {
  const found: Condition[] = [];
  if (filter.by !== undefined) found.push(["by = ?", filter.by]);
  if (filter.action !== undefined) found.push(["action = ?", filter.action]);
  if (filter.object !== undefined) found.push(["object = ?", filter.object]);
  if (filter.outcome !== undefined) found.push(["outcome = ?", filter.outcome]);
  if (filter.since !== undefined) found.push(["at >= ?", filter.since]);
  if (filter.before !== undefined)
    found.push(["(at, id) < (?, ?)", filter.before, filter.beforeId ?? ""]);
  return found;
}

export function sqliteAudit(connection: Connection): AuditTrail {
  return {
    append: ({ id, at, by, address, action, object, outcome, detail }) =>
      connection.write((prepare) => {
        const told = JSON.stringify(detail);
        prepare(APPEND).run(id, at, by, address, action, object, outcome, told);
      }),

    list: (filter) =>
      connection.read((prepare) => {
        const { where, values } = whereOf(conditions(filter));
        return prepare(`${SELECT} ${where} ORDER BY at DESC, id DESC LIMIT ?`)
          .all(...values, pageSize(filter.limit))
          .map(entryOf);
      }),
  };
}

function entryOf(row: Record<string, unknown>): AuditEntry {
  return parseRecord(
    auditShape,
    { ...row, detail: JSON.parse(String(row["detail"])) },
    "audit entry",
  );
}
