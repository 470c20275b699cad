import type { Store, User } from "../../ports/store.ts";

/**
 * The lock of an account. Beside the measure for one address (`attempts.ts`), which many addresses together get round,
 * wrong passwords for one name are counted in the store, whoever gave them, in whichever process. After so many in a
 * row the name is locked for a while; who is signed in already goes on.
 */
export const mostFailures = 20;
export const lockMs = 15 * 60_000;
/** A wrong password counts with those before when the last of them was given within this time. */
const rowMs = 60 * 60_000;

/** Until when an account is locked; 0 when it is not. */
export function lockedUntil({ failures, failedAt }: User): number {
  return failures >= mostFailures && failedAt !== null ? failedAt + lockMs : 0;
}

/** Counts a wrong password; whether that has locked the account. */
export async function countFailure(store: Store, username: string, now: number): Promise<boolean> {
  return (await store.users.fail(username, now, now - rowMs)) === mostFailures;
}
