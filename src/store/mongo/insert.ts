import { isDuplicate } from "./fault.ts";

/** Runs an insertion; `false`, and nothing changed, when there is a document with this name already. */
export async function insertNew(insert: () => Promise<unknown>): Promise<boolean> {
  try {
    await insert();
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}
