import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { asyncapiDocument } from "../contract/asyncapi.ts";
import { openapiDocument } from "../contract/openapi.ts";
import type { Page, Some } from "./handler.ts";
import { Problem } from "./problems.ts";

const folder = new URL("../../web/", import.meta.url);
const types = { html: "text/html", css: "text/css", js: "text/javascript" } as const;
/** What may be fetched; nothing else in the folder can be named from outside. */
const files = [
  ["index.html", "html"],
  ["docs.html", "html"],
  ["kituo.css", "css"],
  ["board.js", "js"],
  ["cards.js", "js"],
  ["dom.js", "js"],
  ["live.js", "js"],
  ["docs.js", "js"],
] as const;
type FileName = (typeof files)[number][0];

/** The pages, read once, and the description of the API. */
export async function pageHandlers(): Promise<
  Some<"openapi" | "asyncapi" | "docsPage" | "redocPage" | "boardPage" | "pageAsset">
> {
  const pages = new Map<string, Page>(
    await Promise.all(
      files.map(async ([name, kind]): Promise<[FileName, Page]> => {
        const bytes = await readFile(new URL(name, folder));
        const tag = createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
        return [name, { bytes, type: `${types[kind]}; charset=utf-8`, tag }];
      }),
    ),
  );
  const page = (name: string): Promise<Page> => {
    const found = pages.get(name);
    if (found === undefined) throw new Problem("not_found", "There is no such file.");
    return Promise.resolve(found);
  };
  const packageFile = new URL("../../../package.json", import.meta.url);
  const { version } = JSON.parse(await readFile(packageFile, "utf8")) as { version: string };
  const document = openapiDocument(version) as { openapi: string };
  const live = asyncapiDocument(version) as { asyncapi: string };

  return {
    openapi: () => Promise.resolve(document),
    asyncapi: () => Promise.resolve(live),
    docsPage: () => page("docs.html"),
    redocPage: () => page("docs.html"),
    boardPage: () => page("index.html"),
    pageAsset: ({ params }) => page(params.name),
  };
}
