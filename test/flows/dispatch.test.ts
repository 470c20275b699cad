import { afterEach, beforeEach, expect, it } from "vitest";
import { asCallId, asQueueName } from "../../src/domain/ids.ts";
import type { Notice } from "../../src/flows/dispatch.ts";
import { openWorld, type World } from "./world.ts";

const first = asCallId("CALL-00000001");
const second = asCallId("CALL-00000002");

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world.stop();
});

/** Lets a call listen as its flow does; what it hears. */
function listen(call: typeof first): readonly Notice[] {
  const heard: Notice[] = [];
  world.deps.dispatcher.register(call, {
    notify: (notice) => void heard.push(notice),
    place: () => undefined,
  });
  return heard;
}

it("keeps the agent of a call that is being taken over from whoever came after it", async () => {
  const { desk, dispatcher, owner, clock } = world.deps;
  const now = clock.now();
  for (const [call, waited] of [
    [first, 60_000],
    [second, 1_000],
  ] as const) {
    await desk.join({
      call,
      queue: asQueueName("support"),
      priority: 0,
      language: null,
      enteredAt: now - waited,
      owner,
    });
  }
  const unexpect = dispatcher.expect(first);
  const heardBySecond = listen(second);
  world.telephony.plugIn("1001", () => undefined);
  await world.signIn("AGT-001");
  await dispatcher.look();
  expect(heardBySecond).toEqual([]);

  const heardByFirst = listen(first);
  unexpect();
  await dispatcher.look();
  expect(heardByFirst.map(({ type }) => type)).toEqual(["offer"]);
  expect(heardBySecond).toEqual([]);
});

it("gives the agent to the next when a call that is expected comes to nothing", async () => {
  const { desk, dispatcher, owner, clock } = world.deps;
  const queue = asQueueName("support");
  for (const call of [first, second])
    await desk.join({ call, queue, priority: 0, language: null, enteredAt: clock.now(), owner });
  const unexpect = dispatcher.expect(first);
  const heard = listen(second);
  world.telephony.plugIn("1001", () => undefined);
  await world.signIn("AGT-001");
  unexpect();
  await dispatcher.look();
  expect(heard.map(({ type }) => type)).toEqual(["offer"]);
});
