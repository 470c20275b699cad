/** What a signed-in person may do; each route of the API names the roles that may call it. */
export const roles = ["agent", "supervisor", "admin", "viewer"] as const;
export type Role = (typeof roles)[number];
