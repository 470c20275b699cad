import { afterEach, expect, it } from "vitest";
import { type Owned, openContext } from "./context.ts";

const owned: Owned = [];
afterEach(async () => {
  for (const each of owned.splice(0).reverse()) await each.close();
});

it("subscribes to many at once, and to those that are left when one of them has gone", async () => {
  const { context, ari } = await openContext(owned);
  const asked: string[][] = [];
  ari.onRequest = ({ method, path }) => {
    if (method !== "POST" || !path.includes("/subscription?")) return null;
    const list = new URL(path, ari.url).searchParams.get("eventSource") ?? "";
    asked.push(list.split(","));
    return list.includes("channel:gone") ? { status: 404, body: { message: "gone" } } : null;
  };
  const sources = Array.from({ length: 42 }, (_, index) => `channel:${index}`);
  await Promise.all(sources.map((source) => context.subscribe(source)));
  expect(asked).toEqual([sources.slice(0, 40), sources.slice(40)]);
  asked.length = 0;
  await Promise.all(["channel:a", "channel:gone", "bridge:b"].map(context.subscribe));
  expect(asked[0]).toEqual(["channel:a", "channel:gone", "bridge:b"]);
  expect(asked).toHaveLength(4);
  expect(asked.slice(1).flat().sort()).toEqual(["bridge:b", "channel:a", "channel:gone"]);
});
