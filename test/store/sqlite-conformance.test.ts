import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import { storeConformance } from "../conformance/store.ts";

storeConformance("SQLite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kituo-store-"));
  return {
    open: () => openSqliteStore({ file: join(folder, "history.db") }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});
