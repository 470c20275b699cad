import type { FacadeDeps } from "../http/deps.ts";
import { callView } from "./call-view.ts";
import type { RecordOf } from "./events.ts";
import type { Wanted } from "./handshake.ts";
import type { LatestCalls } from "./latest.ts";
import { readLive } from "./live-state.ts";
import { phoneView } from "./phone-view.ts";
import { Snapshots } from "./snapshots.ts";
import type { Stream } from "./stream.ts";
import { updatesView } from "./updates-view.ts";
import type { View } from "./view.ts";

/** Gives what a client asks to see; `null` when there is no such thing. */
export type Views = (wanted: Wanted) => Promise<View | null>;

export function createViews(
  stream: Stream,
  latest: LatestCalls,
  recordOf: RecordOf,
  deps: FacadeDeps,
): Views {
  const now = (): number => deps.clock.now();
  const snapshots = new Snapshots(stream, latest, () => readLive(deps), now);
  const updates = updatesView(stream, snapshots, recordOf, deps);
  return async (wanted) => {
    switch (wanted.socket) {
      case "updates":
        return updates;
      case "phone": {
        const owner = await deps.desk.agentByExtension(wanted.extension);
        return owner === null ? null : phoneView(owner, stream, snapshots, recordOf, now);
      }
      case "call": {
        const view = callView(wanted.session, stream, { ...deps, latest });
        return (await view.open()) === null ? null : view;
      }
      default:
        return wanted satisfies never;
    }
  };
}
