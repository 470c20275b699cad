import { presentAuditEntry } from "../contract/present-access.ts";
import { toTime } from "../contract/words.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";

/** What is on record, for those who answer for it. */
export function auditHandlers({ store }: Pick<FacadeDeps, "store">): Some<"listAudit"> {
  return {
    async listAudit({ input }) {
      const { by, action, object, outcome, since, before, before_id, limit } = input;
      const page = await store.audit.list({
        limit,
        ...(by === undefined ? {} : { by }),
        ...(action === undefined ? {} : { action }),
        ...(object === undefined ? {} : { object }),
        ...(outcome === undefined ? {} : { outcome }),
        ...(since === undefined ? {} : { since }),
        ...(before === undefined ? {} : { before }),
        ...(before_id === undefined ? {} : { beforeId: before_id }),
      });
      const last = page.length < limit ? undefined : page.at(-1);
      return {
        entries: page.map(presentAuditEntry),
        next_before: last === undefined ? null : toTime(last.at),
        next_before_id: last?.id ?? null,
      };
    },
  };
}
