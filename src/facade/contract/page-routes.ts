import { z } from "zod";
import { nothing } from "./access.ts";
import { route } from "./route.ts";
import { idSchema } from "./words.ts";

/** The pages. */
export const pageRoutes = {
  docsPage: route({
    method: "GET",
    path: "/docs",
    tag: "pages",
    summary: "The API's documentation",
    who: "public",
    params: nothing,
    input: z.object({}),
    reply: { kind: "page" },
  }),
  redocPage: route({
    method: "GET",
    path: "/redoc",
    tag: "pages",
    summary: "The same under the other name that clients know",
    who: "public",
    params: nothing,
    input: z.object({}),
    reply: { kind: "page" },
  }),
  boardPage: route({
    method: "GET",
    path: "/",
    tag: "pages",
    summary: "The live board",
    who: "public",
    params: nothing,
    input: z.object({}),
    reply: { kind: "page" },
  }),
  pageAsset: route({
    method: "GET",
    path: "/assets/{name}",
    tag: "pages",
    summary: "Scripts and styles of the pages",
    who: "public",
    params: z.strictObject({ name: idSchema }),
    input: z.object({}),
    reply: { kind: "page" },
  }),
};
