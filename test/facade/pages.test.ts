import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { route } from "../../src/facade/contract/route.ts";
import { type Harness, startHarness } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const text = async (path: string): Promise<string> => {
  const response = await harness.request("GET", path);
  expect(response.status, path).toBe(200);
  return response.text();
};

describe("the pages", () => {
  it("come with every script and style that they name, and with none inside", async () => {
    const seen = new Set<string>();
    for (const page of ["/", "/docs", "/redoc"]) {
      const html = await text(page);
      expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?:\/\//);
      for (const [, name] of html.matchAll(/(?:src|href)="(\/[^"]*)"/g)) seen.add(name ?? "");
    }
    for (const path of seen) {
      const body = await text(path);
      for (const [, name] of body.matchAll(/from "(\/assets\/[^"]+)"/g)) seen.add(name ?? "");
    }
    expect([...seen]).toEqual(expect.arrayContaining(["/assets/board.js", "/assets/live.js"]));
  });

  it("are all that can be fetched of their folder", async () => {
    for (const name of ["..%2F..%2Fpackage.json", "%2Fetc%2Fpasswd", "nothing.js"]) {
      expect((await harness.request("GET", `/assets/${name}`)).status).toBe(404);
    }
  });
});

describe("the route table", () => {
  it("does not compile without saying who may call a route", () => {
    const open = {
      method: "GET",
      path: "/x",
      tag: "x",
      summary: "x",
      params: z.object({}),
      input: z.object({}),
      reply: { kind: "page" },
    } as const;
    // @ts-expect-error `who` is missing.
    route(open);
    // @ts-expect-error Nobody at all is no answer either.
    route({ ...open, who: [] });
    expect(route({ ...open, who: ["admin"] }).who).toEqual(["admin"]);
  });
});
