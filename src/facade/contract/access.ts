import { z } from "zod";
import { idSchema } from "./words.ts";

// Who may call what, and what most paths ask for.

export const nothing = z.strictObject({});
export const byId = z.strictObject({ id: idSchema });
export const byName = z.strictObject({ name: idSchema });
export const byCall = z.strictObject({ call_id: idSchema });

export const everyone = ["viewer", "agent", "supervisor", "admin"] as const;
/** What people said is read by those who work with it. */
export const staff = ["agent", "supervisor", "admin"] as const;
/** What concerns every caller is decided by those who answer for it. */
export const inCharge = ["supervisor", "admin"] as const;
