import type { Entry } from "../../ports/telephony.ts";

/**
 * How a call entered, from the arguments that the dialplan gave to the broadcast: `outside:DIALLED` or
 * `extension:EXTENSION:DIALLED`; `again` may follow. `null` when they are none of these.
 */
export function entryFrom(args: readonly string[]): Entry | null {
  const [from, second, third] = args;
  if (from === "outside" && second !== undefined) return { from, dialled: second };
  if (from === "extension" && second !== undefined && third !== undefined) {
    return { from, extension: second, dialled: third };
  }
  return null;
}

/** Whether the dialplan says that it has offered or held this call before. */
export function isAgain(args: readonly string[]): boolean {
  return args.at(-1) === "again";
}

const digitsAtMost = 20;
const nameAtMost = 60;

/** The caller's number as told by SIP; empty when it is withheld or is no number at all. */
export function cleanNumber(told: string): string {
  const bare = told.replaceAll(/[\s().-]/g, "");
  return /^\+?\d+$/.test(bare) && bare.length <= digitsAtMost ? bare : "";
}

/** The caller's name as told by SIP, without what cannot be printed, cut to a line of a board. */
export function cleanName(told: string): string {
  const printable = told.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "").trim();
  return Array.from(printable).slice(0, nameAtMost).join("").trim();
}

/** A caller id for ARI, `"name" <number>`, from which nothing can break out. */
export function callerIdFor(number: string, name: string): string {
  const safeName = cleanName(name).replaceAll(/["\\<>]/g, "");
  return `"${safeName}" <${cleanNumber(number)}>`;
}
