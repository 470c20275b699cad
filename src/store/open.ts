import { KituoError } from "../domain/errors.ts";
import type { Log } from "../ports/log.ts";
import type { Store } from "../ports/store.ts";
import { openSqliteStore } from "./sqlite/store.ts";

/** The store that an address names: `sqlite:PATH`, `mongodb://...` or `mongodb+srv://...`. */
export async function openStore(url: string, log?: Log): Promise<Store> {
  const rest = log === undefined ? {} : { log };
  if (/^mongodb(\+srv)?:\/\//.test(url)) {
    // Loading its driver is a third of the server's start, for which callers wait: only who uses it pays for it.
    const { openMongoStore } = await import("./mongo/store.ts");
    return openMongoStore({ url, ...rest });
  }
  const file = /^sqlite:(.+)$/.exec(url)?.[1];
  if (file !== undefined) return openSqliteStore({ file, ...rest });
  // The address itself is left out: it may hold a password.
  throw new KituoError("config_invalid", "STORE_URL is neither sqlite:PATH nor mongodb://...");
}
