import type { CallState, Direction, Ending } from "../domain/call.ts";
import { asAgentId, type CallId, callIdFrom } from "../domain/ids.ts";
import { type DialledLeg, HungUp, type Leg } from "../ports/telephony.ts";
import { type Call, runCall } from "./call.ts";
import type { Deps } from "./deps.ts";
import { directCall } from "./direct.ts";
import { featureCode, isFeatureCode } from "./feature.ts";
import { inboundCall } from "./inbound.ts";
import { CallRecord } from "./record.ts";

/** Every call comes in here: from outside, from a phone of ours to another, or a feature code. Never rejects. */
export async function takeCall(leg: Leg, deps: Deps): Promise<void> {
  await deps.running.handle(leg, async () => {
    try {
      if (leg.labelled !== null && (await comeBack(leg, leg.labelled, deps))) return;
      await (isFeature(leg) ? featureCode(leg, deps) : newCall(leg, deps));
    } catch (error) {
      if (error instanceof HungUp) return;
      deps.log.error({ channel: leg.id, err: error }, "a call could not be taken");
      await leg.hangup("failed");
    }
  });
}

/** A call that was begun before, as it is found. */
export interface Unfinished {
  readonly leg: Leg;
  readonly state: CallState;
  /** The owner that held it last. */
  readonly from: string;
  /** The agent's phone that it had rung or was talking to. */
  readonly agent: DialledLeg | null;
  /** Further phones that it had rung at the same time. */
  readonly others?: readonly DialledLeg[];
  /** When one of the two left, where that happened unseen. */
  readonly leftAt: number | null;
}

/** Takes up a call that was begun before. Never rejects. */
export async function takeUp(unfinished: Unfinished, deps: Deps): Promise<void> {
  const { leg, state } = unfinished;
  await deps.running.handle(leg, () => deps.running.run(state.id, () => goOn(unfinished, deps)));
}

/** A caller whom the dialplan held is offered again; `false` when her call is live no more. */
async function comeBack(leg: Leg, id: CallId, deps: Deps): Promise<boolean> {
  const { desk, owner, running } = deps;
  let known = false;
  await running.run(id, async () => {
    const live = await desk.liveCall(id);
    if (live === null) return;
    const mine = live.owner === owner ? live : await desk.takeOver(id, live.owner, owner);
    if (mine === null) return;
    known = true;
    await goOn({ leg, state: mine.state, from: live.owner, agent: null, leftAt: null }, deps);
  });
  return known;
}

/** Goes on with a call where its record says it was. What ended unseen ended then, and so did all that follows. */
async function goOn(unfinished: Unfinished, deps: Deps): Promise<void> {
  const { leg, state, from, agent, others = [], leftAt } = unfinished;
  const alone = state.stage === "in_progress" && agent?.gone.aborted === true;
  const isOver = alone || leg.gone.aborted;
  const record = CallRecord.resume(deps, state, isOver ? leftAt : null);
  if (!isOver) record.note({ type: "adopted", by: deps.owner, from });
  if (!isOver && state.stage !== "in_progress") {
    for (const phone of agent === null ? others : [agent, ...others])
      noteOffer(record, phone, deps);
  }
  await runCall({ leg, record, found: agent, others }, deps, flows[state.direction]);
}

/** A phone was found ringing for a call; nobody may have written that down. */
function noteOffer(record: CallRecord, phone: DialledLeg, { centre }: Deps): void {
  const { queue, stage, extension: last, ringing = [] }: Partial<CallState> = record.state;
  const { entry } = phone;
  const rung = centre.agents.find(
    (agent) => entry.from === "extension" && agent.extension === entry.extension,
  );
  if (queue === undefined || queue === null || rung === undefined) return;
  const { extension } = rung;
  const isNoted =
    stage === "ringing" &&
    (extension === last || ringing.some((each) => each.extension === extension));
  if (isNoted) return;
  const reasons = [`${extension} was ringing for ${record.state.id} when it was taken up`];
  record.note({ type: "offered", agent: asAgentId(rung.id), extension, queue, reasons });
}

export function isFeature(leg: Leg): boolean {
  return leg.entry.from === "extension" && isFeatureCode(leg.entry.dialled);
}

const flows: Readonly<Record<Direction, (call: Call) => Promise<Ending>>> = {
  inbound: inboundCall,
  internal: directCall,
  // Calls to the outside are inbound calls turned round; none are made yet.
  outbound: inboundCall,
};

async function newCall(leg: Leg, deps: Deps): Promise<void> {
  const direction = leg.entry.from === "outside" ? "inbound" : "internal";
  const id = callIdFrom(deps.random(4));
  const caller = leg.entry.from === "extension" ? leg.entry.extension : leg.callerNumber;
  const { callerName } = leg;
  const { dialled } = leg.entry;
  await deps.running.run(id, async () => {
    const record = CallRecord.open(
      deps,
      id,
      { type: "started", direction, caller, callerName, dialled, channel: leg.id },
      Math.min(leg.arrivedAt, deps.clock.now()),
    );
    await runCall({ leg, record, found: null }, deps, flows[direction]);
  });
}
