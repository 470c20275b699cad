import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KituoError } from "../domain/errors.ts";

/** The numbers that files of a user of some root belong to. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Finds a user in the passwd file of a root; `/` is this machine's own. */
export function accountOf(root: string, user: string): Account {
  const file = join(root, "etc/passwd");
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name === user) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new KituoError("config_invalid", `There is no user ${user} in ${file}.`);
}
