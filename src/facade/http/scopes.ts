import { updatesScope } from "../contract/key.ts";
import type { Route } from "../contract/route.ts";
import { routes } from "../contract/routes.ts";
import type { SignedIn } from "./token.ts";

/** What is about people who sign in, and about keys themselves, is never a key's business. */
const never: ReadonlySet<string> = new Set(["session", "users", "keys", "audit"]);

/** What a key must be for to call a route: its tag, and whether it only reads. */
export function scopeOf({ tag, method }: Route): string {
  return `${tag}:${method === "GET" ? "read" : "write"}`;
}

/** Whether any key may call this route: what supervisors may, and nothing that only admins may. */
export function isForKeys(route: Route): boolean {
  return route.who !== "public" && route.who.includes("supervisor") && !never.has(route.tag);
}

/** Every scope there is, in order: those of the route table, and that of the live socket. */
export function knownScopes(): readonly string[] {
  const all: readonly Route[] = Object.values(routes);
  const scopes = all.filter(isForKeys).map(scopeOf);
  return [...new Set([...scopes, updatesScope])].sort();
}

/** Whether somebody may listen to the live socket: every person, and keys that are for it. */
export function mayListen({ scopes }: SignedIn): boolean {
  return scopes === undefined || scopes.includes(updatesScope);
}
