import type { z } from "zod";
import type { Role } from "../../domain/user.ts";

/** Who may call a route: everybody, or whoever is signed in with one of these roles. There is no default. */
export type Who = "public" | readonly [Role, ...Role[]];

/** What a route answers with when all went well. */
export type ReplySpec =
  | {
      readonly kind: "json";
      readonly status: 200 | 201 | 202;
      readonly schema: z.ZodType;
      /** The status when it depends on what is answered. */
      readonly statusOf?: (body: never) => number;
      /** The ETag of what is answered, in its quotes; it changes with whatever `If-Match` is to guard. */
      readonly etagOf?: (body: never) => string;
      /** For the documentation: the other status that `statusOf` can choose. */
      readonly orElse?: { readonly status: number; readonly when: string };
    }
  /** A WAV file, whole or in ranges. */
  | { readonly kind: "audio" }
  /** A table, for spreadsheets. */
  | { readonly kind: "csv" }
  /** A page or a part of one; not listed in the API's description. */
  | { readonly kind: "page" };

/** One route of the API as plain data. */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Parameters stand in braces: `/api/calls/{id}`. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly tag: string;
  readonly who: Who;
  readonly params: z.ZodType;
  /** GET and DELETE read it from the query string; POST and PATCH from there or a JSON body, the body wins. */
  readonly input: z.ZodType;
  /**
   * `body`: never from the query string, because addresses end up in logs. `csv`: from the query string alone, since the
   * body is a table (`text/csv`, UTF-8).
   */
  readonly inputFrom?: "body" | "csv";
  /** Heeds `If-Match`: what has changed since it was read is left as it is (`precondition_failed`). */
  readonly ifMatch?: true;
  readonly reply: ReplySpec;
}

/** Keeps the exact types of a route while checking its form. */
export const route = <const R extends Route>(definition: R): R => definition;

/** Whether requests of this route may bring a body. */
export const hasBody = ({ method }: Route): boolean => method === "POST" || method === "PATCH";
