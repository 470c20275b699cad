import { type Agent, statusOf } from "../../domain/agent.ts";
import type { CallState } from "../../domain/call.ts";
import type { AgentId } from "../../domain/ids.ts";
import { inCharge } from "../contract/access.ts";
import type { Part, PhoneSnapshot, PhoneUser } from "../contract/phone-updates.ts";
import { presentAgent, presentCall } from "../contract/present.ts";
import { toTime } from "../contract/words.ts";
import type { RecordOf } from "./events.ts";
import type { LiveState } from "./live-state.ts";
import type { Snapshots } from "./snapshots.ts";
import type { Entry, Stream } from "./stream.ts";
import type { View } from "./view.ts";
import { type Written, write } from "./written.ts";

/** Whose telephone it is. */
interface Owner {
  readonly id: AgentId;
  readonly extension: string;
}

/** `/ws?extension=1005`: what concerns one telephone. Its owner may watch it, and those who answer for all. */
export function phoneView(
  owner: Owner,
  stream: Stream,
  snapshots: Snapshots,
  recordOf: RecordOf,
  now: () => number,
): View {
  const { extension } = owner;

  function ofCall({ call, resume }: Entry): Written | null {
    // Queued, a call is told of twice.
    if (call === null || call.before === call.now) return null;
    const before = partIn(call.before, extension);
    const part = partIn(call.now, extension);
    if (before === "none" && part === "none") return null;
    const type = part === "ringing" && before !== "ringing" ? "call:incoming" : "call:status";
    const data = { ...presentCall(call.now), part };
    return write({ type, at: toTime(call.now.lastAt), data }, resume);
  }

  function ofAgent({ agent, at, resume }: Entry): Written | null {
    if (agent === null) return null;
    const wasOnline = agent.before === null ? null : isOnline(agent.before);
    if (wasOnline === isOnline(agent.now)) return null;
    const type = isOnline(agent.now) ? "user:online" : "user:offline";
    return write({ type, at: toTime(at), data: userOf(agent.now, recordOf) }, resume);
  }

  return {
    async open() {
      const { state, from, newness } = await snapshots.take();
      const data = presentSnapshot(state, owner, recordOf);
      if (data === null) return null;
      const message = write({ type: "snapshot", at: toTime(now()), data }, stream.markOf(from));
      return { messages: [message], from, newness };
    },
    tell: (entry) => ofCall(entry) ?? ofAgent(entry),
    endsWith: () => false,
    isFor: ({ role, agent }) =>
      (inCharge as readonly string[]).includes(role) || (role === "agent" && agent === owner.id),
  };
}

/** What an extension has to do with a call at one moment. */
export function partIn(state: CallState | null, extension: string): Part {
  if (state === null || state.stage === "ended") return "none";
  // A call that an earlier version began has no list of phones.
  if ((state.ringing ?? []).some((phone) => phone.extension === extension)) return "ringing";
  const isCaller = state.direction !== "inbound" && state.caller === extension;
  if (state.stage === "in_progress" && (isCaller || state.extension === extension))
    return "talking";
  if (isCaller) return "calling";
  // Her phone was answered, and the two are not connected yet.
  return state.stage === "ringing" && state.extension === extension ? "ringing" : "none";
}

function presentSnapshot(
  state: LiveState,
  { id, extension }: Owner,
  recordOf: RecordOf,
): PhoneSnapshot | null {
  const agent = state.agents.find((each) => each.id === id);
  if (agent === undefined) return null;
  return {
    extension,
    agent: presentAgent(agent, recordOf(id)),
    calls: state.calls
      .map((call) => ({ ...presentCall(call), part: partIn(call, extension) }))
      .filter(({ part }) => part !== "none"),
    users: state.agents
      .toSorted((left, right) => (left.extension < right.extension ? -1 : 1))
      .map((each) => userOf(each, recordOf)),
  };
}

/** Registered, whatever she says of herself: she can be rung. */
const isOnline = ({ device }: Agent): boolean => device !== "unreachable";

const userOf = (agent: Agent, recordOf: RecordOf): PhoneUser => ({
  agent_id: agent.id,
  name: recordOf(agent.id)?.name ?? agent.id,
  extension: agent.extension,
  online: isOnline(agent),
  status: statusOf(agent),
});
