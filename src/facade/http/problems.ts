import { KituoError } from "../../domain/errors.ts";
import { type ProblemCode, problemKinds } from "../contract/problems.ts";
import type { ProblemDocument } from "../contract/session.ts";

/** An answer that is not what was asked for, thrown by handlers and by the layers around them. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly faults: readonly string[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { faults?: readonly string[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.code = code;
    this.faults = more.faults ?? [];
    this.headers = more.headers ?? {};
  }
}

/** What the body parser and the router of Express call their own refusals. */
const expressTypes: Readonly<Record<string, [ProblemCode, string]>> = {
  "entity.too.large": ["body_too_large", "The body is larger than 100 kB, or the table than 1 MB."],
  "entity.parse.failed": ["bad_request", "The body is not valid JSON."],
  "encoding.unsupported": [
    "unsupported_body",
    "The body has a Content-Encoding that is not known.",
  ],
  "charset.unsupported": ["unsupported_body", "The body is not in UTF-8."],
  "request.size.invalid": ["bad_request", "The body is not as long as Content-Length says."],
  "request.aborted": ["bad_request", "The request ended before its body did."],
};

/**
 * Whatever was thrown, as a problem. What nobody expected becomes `internal`, with nothing of the error in it: the
 * caller of this function logs it.
 */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof KituoError) {
    // What went wrong inside is for the log; the outside learns the kind of it.
    const isOurs = error.code === "internal" || error.code === "config_invalid";
    const detail = isOurs ? problemKinds[error.code].title : error.message;
    return new Problem(error.code, detail, { faults: isOurs ? [] : error.faults });
  }
  if (typeof error === "object" && error !== null) {
    const { type, status } = error as { type?: unknown; status?: unknown };
    const known = typeof type === "string" ? expressTypes[type] : undefined;
    if (known !== undefined) return new Problem(...known);
    // Express throws this for a path that cannot be decoded, such as /%zz.
    if (error instanceof URIError || status === 400) {
      return new Problem("bad_request", "The address cannot be read.");
    }
  }
  return new Problem("internal", "The server could not do this.");
}

/** A problem as it is sent. */
export function problemDocument(problem: Problem, instance?: string): ProblemDocument {
  const kind = problemKinds[problem.code];
  return {
    type: `/docs#problem-${problem.code}`,
    title: kind.title,
    status: kind.status,
    code: problem.code,
    detail: problem.message,
    advice: kind.advice,
    ...(problem.faults.length > 0 ? { faults: [...problem.faults] } : {}),
    ...(instance === undefined ? {} : { instance }),
  };
}
