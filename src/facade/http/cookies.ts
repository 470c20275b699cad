import type { Request, Response } from "express";
import { Problem } from "./problems.ts";

/** The refresh cookie of a request and of its answer. */
export interface RefreshCookie {
  /** What the browser sent. Refuses a request that a page of another origin made. */
  read(): string | null;
  /** Has the browser keep it until then, out of the reach of scripts. */
  keep(value: string, untilMs: number): void;
  drop(): void;
}

const name = "kituo_refresh";

export function refreshCookie(request: Request, response: Response): RefreshCookie {
  const settings = {
    httpOnly: true,
    // No other site's page makes a browser send it.
    sameSite: "strict",
    path: "/api/auth",
    secure: isOverTls(request),
  } as const;
  return {
    read() {
      const value = valueOf(request.get("cookie") ?? "");
      if (value !== null && !isOwnOrigin(request))
        throw new Problem("not_allowed", "This may be asked by pages of this server only.");
      return value;
    },
    keep(value, untilMs) {
      response.cookie(name, value, { ...settings, expires: new Date(untilMs) });
    },
    drop() {
      response.clearCookie(name, settings);
    },
  };
}

/** What comes over a proxy says so; who says it wrongly keeps only herself from her cookie. */
function isOverTls(request: Request): boolean {
  const [forwarded = ""] = (request.get("x-forwarded-proto") ?? "").split(",");
  return request.secure || forwarded.trim().toLowerCase() === "https";
}

function isOwnOrigin(request: Request): boolean {
  const origin = request.get("origin");
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === request.get("host");
}

function valueOf(header: string): string | null {
  for (const pair of header.split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}
