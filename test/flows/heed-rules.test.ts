import { expect, it } from "vitest";
import { queueSchema } from "../../src/domain/centre.ts";
import type { Call } from "../../src/flows/call.ts";
import { heedRules, Watched } from "../../src/flows/overflow.ts";
import { inScope } from "../../src/flows/scope.ts";
import { WayOut } from "../../src/flows/way-out.ts";
import { VirtualClock } from "../../src/telephony/fake/clock.ts";
import { KeptLog } from "./world.ts";

it("takes each step once, even where none can be written down", async () => {
  const clock = new VirtualClock();
  const settings = queueSchema.parse({
    name: "support",
    title: "Support",
    overflow: [
      { when: { waitedMs: 0 }, do: { priority: 1 } },
      { when: { waitedMs: 0 }, do: { alsoQueue: "sales" } },
      { when: { waitedMs: 5_000 }, do: { widenSkills: true } },
    ],
  });
  const tried: number[] = [];
  const state = {
    id: "CALL-1",
    joinedAt: clock.now(),
    overflowed: [],
    alsoQueues: [],
    priority: 0,
  };
  const note = ({ step }: { readonly step: number }) => {
    tried.push(step);
    // Without this a step that is due for ever would never let the test end.
    if (tried.length > 10) throw new Error("the steps are taken again and again");
  };
  const desk = { adjust: async () => false };
  const call = { record: { state, note }, deps: { clock, desk } } as unknown as Call;
  const watched = new Watched();
  watched.see({ place: 1, load: { signedIn: 1, available: 1, effective: 1, handled: [] } });
  const log = new KeptLog();
  await inScope({ clock, log }, { endsWith: [] }, async (scope) => {
    scope.spawn("heed the rules", () =>
      heedRules(call, scope, settings, watched, new WayOut(() => undefined)),
    );
    await clock.pass(4_000);
    expect(tried).toEqual([0, 1]);
    await clock.pass(2_000);
    expect(tried).toEqual([0, 1, 2]);
  });
  expect(log.lines).toEqual([]);
});
