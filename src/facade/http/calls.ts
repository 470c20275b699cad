import type { CallState } from "../../domain/call.ts";
import { asAgentId, asCallId, asQueueName, type CallId } from "../../domain/ids.ts";
import { placesOf } from "../../domain/routing/assign.ts";
import { hindrancesOf } from "../../domain/routing/hindrances.ts";
import { compareWaiting } from "../../domain/routing/ranking.ts";
import { rulesOf } from "../../domain/routing/rules.ts";
import type { CallLog } from "../../ports/store.ts";
import {
  presentCall,
  presentCallDetail,
  presentWaiting,
  presentWrapUp,
} from "../contract/present.ts";
import { presentRouting, type Wait } from "../contract/routing.ts";
import { toTime } from "../contract/words.ts";
import type { FacadeDeps } from "./deps.ts";
import type { Some } from "./handler.ts";
import { Problem } from "./problems.ts";

type CallDeps = Pick<FacadeDeps, "desk" | "store" | "centre" | "clock" | "cancelCallback">;
/** How many past calls are listed when nobody says how many. */
const pageSize = 100;

/** Calls, live and past. */
export function callHandlers(
  deps: CallDeps,
): Some<
  "listCalls" | "listActiveCalls" | "listWaiting" | "getCall" | "getCallRouting" | "cancelCallback"
> {
  const { desk, store, centre, clock } = deps;
  const rules = rulesOf(centre);

  /** How a call waits at this moment; `null` when it does not. */
  async function waitOf(id: CallId): Promise<Wait | null> {
    const snapshot = await desk.snapshot();
    const entry = snapshot.waiting.find(({ call }) => call === id);
    if (entry === undefined) return null;
    const position = placesOf(snapshot.waiting, rules).get(id) ?? 1;
    return { position, hindrances: hindrancesOf(entry, snapshot, rules, clock.now()) };
  }

  /** Live calls that pass a filter, newest first, as one page. */
  async function livePage(passes: (state: CallState) => boolean, limit?: number) {
    const live = (await desk.liveCalls())
      .map(({ state }) => state)
      .filter((state) => state.stage !== "ended" && passes(state))
      .sort((left, right) => right.startedAt - left.startedAt || (left.id < right.id ? -1 : 1));
    const calls = live.slice(0, limit).map(presentCall);
    return { calls, next_before: null, next_before_id: null };
  }

  return {
    async listActiveCalls() {
      return await livePage(() => true);
    },

    async listCalls({ input }) {
      const { status, limit, ...filter } = input;
      const scope = input.scope ?? (status === "ended" ? "ended" : "live");
      if (scope === "live") {
        const isAsked = (state: CallState) => status === undefined || state.stage === status;
        return await livePage((state) => isAsked(state) && matches(state, filter), limit);
      }
      const most = limit ?? pageSize;
      const page = await store.calls.list({
        limit: most,
        ...(filter.queue === undefined ? {} : { queue: asQueueName(filter.queue) }),
        ...(filter.agent === undefined ? {} : { agent: asAgentId(filter.agent) }),
        ...(filter.caller === undefined ? {} : { caller: filter.caller }),
        ...(filter.result === undefined ? {} : { result: filter.result }),
        ...(filter.before === undefined ? {} : { before: filter.before }),
        ...(filter.before_id === undefined ? {} : { beforeId: asCallId(filter.before_id) }),
      });
      const calls = page
        .filter((state) => scope !== "ended" || state.endedAt !== null)
        .filter((state) => status === undefined || state.stage === status);
      const last = page.length < most ? undefined : page.at(-1);
      return {
        calls: calls.map(presentCall),
        next_before: last === undefined ? null : toTime(last.startedAt),
        next_before_id: last?.id ?? null,
      };
    },

    async listWaiting() {
      const [{ waiting }, live] = await Promise.all([desk.snapshot(), desk.liveCalls()]);
      const states = new Map(live.map(({ state }) => [state.id, state]));
      const places = new Map<string, number>();
      const now = clock.now();
      const calls = waiting
        .toSorted((left, right) => compareWaiting(left, right, rules))
        .map((entry) => {
          const position = (places.get(entry.queue) ?? 0) + 1;
          places.set(entry.queue, position);
          return presentWaiting(entry, position, states.get(entry.call) ?? null, now);
        });
      return { calls };
    },

    async getCall({ params }) {
      const id = asCallId(params.id);
      const [{ state, events }, recordings, wrapUps] = await Promise.all([
        findCall(deps, id),
        store.recordings.ofCall(id),
        store.wrapUps.ofCall(id),
      ]);
      const queue = centre.queues.find(({ name }) => name === state.queue);
      const titles = new Map(queue?.wrapUpCodes.map(({ code, title }) => [code, title]));
      const said = wrapUps.map((each) => presentWrapUp(each, titles.get(each.code) ?? null));
      return presentCallDetail(state, events, recordings, said);
    },

    async cancelCallback({ params, audit }) {
      const id = asCallId(params.id);
      if (!(await deps.cancelCallback(id)))
        throw new Problem("not_found", "Nobody is to be called back by this call.");
      await audit("callback_cancelled", id, { detail: { call: id } });
      return { success: true as const, call_id: id };
    },

    async getCallRouting({ params }) {
      const { state, events } = await findCall(deps, asCallId(params.id));
      const wait = state.endedAt === null ? await waitOf(state.id) : null;
      return presentRouting(state, events, wait);
    },
  };
}

/**
 * A call with its facts, wherever it is known: the desk while it lives, the store from then on. Where both know it,
 * the newer state counts.
 */
export async function findCall(
  { desk, store }: Pick<FacadeDeps, "desk" | "store">,
  id: CallId,
): Promise<CallLog> {
  const [live, log] = await Promise.all([desk.liveCall(id), store.calls.get(id)]);
  const events = log?.events ?? [];
  if (log !== null && (live === null || log.state.seq >= live.state.seq)) return log;
  if (live !== null) return { state: live.state, events };
  throw new Problem("not_found", "There is no such call.");
}

function matches(
  state: CallState,
  filter: {
    readonly queue?: string | undefined;
    readonly agent?: string | undefined;
    readonly caller?: string | undefined;
    readonly result?: string | undefined;
    readonly before?: number | undefined;
  },
): boolean {
  return (
    (filter.queue === undefined || state.queue === filter.queue) &&
    (filter.agent === undefined || state.agent === filter.agent) &&
    (filter.caller === undefined || state.caller === filter.caller) &&
    (filter.result === undefined || state.ending?.result === filter.result) &&
    (filter.before === undefined || state.startedAt < filter.before)
  );
}
