/** What a signed-in person may do; each route of the API names the roles that may call it. */
export const roles = ["agent", "supervisor", "admin", "viewer"] as const;
export type Role = (typeof roles)[number];

/** How what somebody wanted to do came out. */
export const auditOutcomes = ["done", "refused"] as const;
export type AuditOutcome = (typeof auditOutcomes)[number];
