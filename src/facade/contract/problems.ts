import type { ErrorCode } from "../../domain/errors.ts";

/** The codes that only an HTTP request can run into, beside those of the domain. */
export type ProblemCode =
  | ErrorCode
  | "wrong_method"
  | "precondition_failed"
  | "legal_hold"
  | "body_too_large"
  | "unsupported_body"
  | "range_not_satisfiable"
  | "recording_deleted"
  | "link_expired"
  | "link_invalid"
  | "too_many_attempts"
  | "account_locked"
  | "last_admin"
  | "registration_closed";

/** What goes with a code: the HTTP status, a title that never changes, and what to do about it. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly advice: string;
}

/** Every error that the API can answer with. */
export const problemKinds: Record<ProblemCode, ProblemKind> = {
  bad_request: {
    status: 400,
    title: "The request is not valid",
    advice: "Correct what is named under faults and send it again.",
  },
  not_signed_in: {
    status: 401,
    title: "Not signed in",
    advice: "Sign in at POST /api/auth/login and send the token as Authorization: Bearer.",
  },
  not_allowed: {
    status: 403,
    title: "Not allowed",
    advice: "Ask an admin for a role that may do this.",
  },
  number_not_allowed: {
    status: 403,
    title: "This number may not be called",
    advice: "Only numbers that callback.only of a queue names in kituo.yaml are called.",
  },
  not_found: {
    status: 404,
    title: "Not found",
    advice: "Check the address and the id in it; GET /docs lists every route.",
  },
  agent_unknown: {
    status: 404,
    title: "No such agent",
    advice: "GET /api/agents lists the agents there are.",
  },
  queue_unknown: {
    status: 404,
    title: "No such queue",
    advice: "Use a queue that kituo.yaml defines.",
  },
  wrong_method: {
    status: 405,
    title: "This address has another method",
    advice: "Use a method that the Allow header names.",
  },
  conflict: {
    status: 409,
    title: "Something else came first",
    advice: "Read the present state and decide anew.",
  },
  illegal_transition: {
    status: 409,
    title: "Not possible in the present state",
    advice: "Read the present state; the detail says what may follow it.",
  },
  agent_busy: {
    status: 409,
    title: "The agent is busy",
    advice: "Wait until the agent is free, or choose another one.",
  },
  call_gone: {
    status: 409,
    title: "The call has ended",
    advice: "Nothing can be done to it any more; its record is at GET /api/calls/{id}.",
  },
  legal_hold: {
    status: 409,
    title: "Under a legal hold",
    advice: "An admin can read why at GET /api/customers/{id}, and lift the hold.",
  },
  precondition_failed: {
    status: 412,
    title: "It has changed since it was read",
    advice: "Read it anew and send the change with the ETag that it has by then.",
  },
  body_too_large: {
    status: 413,
    title: "The body is too large",
    advice: "Send less at once; the detail says how much may be sent.",
  },
  unsupported_body: {
    status: 415,
    title: "The body is of a type that is not read here",
    advice:
      "Send Content-Type: application/json, or put the parameters in the query string; a table is text/csv.",
  },
  range_not_satisfiable: {
    status: 416,
    title: "The range lies outside the file",
    advice: "Ask for a range within the size that Content-Range names.",
  },
  recording_deleted: {
    status: 410,
    title: "The recording was deleted",
    advice: "Its audio is gone for good; who deleted it, and when, stands in its entry.",
  },
  link_expired: {
    status: 403,
    title: "The link is not good any more",
    advice: "Ask for a new one at POST /api/calls/{id}/recording/download.",
  },
  link_invalid: {
    status: 403,
    title: "The link is not one of this server",
    advice: "Use the link as it was answered, or ask for a new one.",
  },
  too_many_attempts: {
    status: 429,
    title: "Too many failed attempts",
    advice: "Wait as long as Retry-After says, then try again.",
  },
  account_locked: {
    status: 423,
    title: "The account is locked",
    advice: "Wait as long as Retry-After says, or ask an admin to unlock it.",
  },
  last_admin: {
    status: 409,
    title: "There would be no admin left",
    advice: "Make somebody else an admin first.",
  },
  registration_closed: {
    status: 403,
    title: "Nobody may register",
    advice: "Ask an admin for an account, or for the invite code.",
  },
  telephony_down: {
    status: 503,
    title: "Asterisk cannot be reached",
    advice: "Try again shortly; GET /health shows the state of each part.",
  },
  desk_down: {
    status: 503,
    title: "The live state cannot be reached",
    advice: "Try again shortly; GET /health shows the state of each part.",
  },
  store_down: {
    status: 503,
    title: "The history cannot be reached",
    advice: "Try again shortly; GET /health shows the state of each part.",
  },
  fenced: {
    status: 503,
    title: "Another process has taken this one's place",
    advice: "Try again shortly: this process ends, and another one answers in its place.",
  },
  config_invalid: {
    status: 500,
    title: "The server's configuration is not valid",
    advice: "Run kituo config check on the server.",
  },
  internal: {
    status: 500,
    title: "Something went wrong in the server",
    advice: "Try again; if it stays, look for the instance in the server's log.",
  },
};
