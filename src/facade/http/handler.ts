import type { z } from "zod";
import type { Log } from "../../ports/log.ts";
import type { Route } from "../contract/route.ts";
import type { RouteName, Routes } from "../contract/routes.ts";
import type { Audit } from "./audit.ts";
import type { RefreshCookie } from "./cookies.ts";
import type { Table } from "./csv.ts";
import type { SignedIn } from "./token.ts";

/** A request after everything about it was checked. */
export interface Asked<R extends Route> {
  readonly params: z.output<R["params"]>;
  readonly input: z.output<R["input"]>;
  /** The table that came as the body, on a route that takes one. */
  readonly csv: string;
  /** Who asks; nobody can be expected on a public route. */
  readonly user: R["who"] extends "public" ? null : SignedIn;
  /** The address the request came from. */
  readonly address: string;
  readonly log: Log;
  /** Puts on record what this request does. */
  readonly audit: Audit;
  /** The token or key that came with it, whether it is needed or not. */
  readonly credential: string | null;
  readonly cookie: RefreshCookie;
  /** The ETags of `If-Match`, without their quotes, one of which it must have; `null`: whatever it has. */
  readonly ifMatch: readonly string[] | null;
}

/** A whole WAV file; the ranges of it are cut where it is sent. */
export interface AudioFile {
  readonly bytes: Uint8Array;
  /** What a browser saves it as. */
  readonly fileName: string;
  /** Changes whenever the bytes do. */
  readonly tag: string;
}

/** A page, a script or a style. */
export interface Page {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly tag: string;
}

/** What a handler of this route gives back. */
export type Answer<R extends Route> = R["reply"] extends {
  readonly kind: "json";
  readonly schema: infer Schema extends z.ZodType;
}
  ? z.input<Schema>
  : R["reply"] extends { readonly kind: "audio" }
    ? AudioFile
    : R["reply"] extends { readonly kind: "csv" }
      ? Table
      : Page;

export type Handler<R extends Route> = (asked: Asked<R>) => Promise<Answer<R>>;

/** One handler for each entry of the route table. */
export type Handlers = { readonly [Name in RouteName]: Handler<Routes[Name]> };
/** The handlers of some of the routes. */
export type Some<Names extends RouteName> = Pick<Handlers, Names>;
