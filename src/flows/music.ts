import type { QueueName } from "../domain/ids.ts";
import type { Call } from "./call.ts";
import { insist } from "./outage.ts";
import type { Scope } from "./scope.ts";

/** The dead-man's switch of a waiting call, and how often it is wound. */
const WAIT_LEASE_MS = 20_000;
export const WIND_EVERY_MS = 6_000;

/** Brings the caller to the music of a queue, with her dead-man's switch wound. */
export async function goToMusic(call: Call, scope: Scope, queue: QueueName): Promise<void> {
  const { leg, record, deps } = call;
  const room = await scope.wait(deps.telephony.waitingRoom(queue));
  await leg.label({ call: record.state.id, role: "caller", queue });
  await leg.wind(WAIT_LEASE_MS);
  await scope.wait(room.enter(leg));
}

/** Answers, and lets the caller hear the music of a queue; her switch is wound for as long as the scope lasts. */
export async function holdWithMusic(call: Call, scope: Scope, queue: QueueName): Promise<void> {
  await scope.wait(call.answer());
  await goToMusic(call, scope, queue);
  scope.spawn("wind the dead-man's switch", async () => {
    for (;;) {
      await scope.sleep(WIND_EVERY_MS);
      await windSwitch(call, scope);
    }
  });
}

/** Winds the switch of a caller who waits, however long Asterisk does not answer. */
export async function windSwitch({ leg, deps }: Call, scope: Scope): Promise<void> {
  await insist(scope, () => scope.wait(leg.wind(WAIT_LEASE_MS)), deps);
}
