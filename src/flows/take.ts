import type { CallState } from "../domain/call.ts";
import type { Direction, Ending } from "../domain/call-fact.ts";
import { asAgentId, type CallId } from "../domain/ids.ts";
import type { LiveCall } from "../ports/desk.ts";
import { type DialledLeg, HungUp, type Leg } from "../ports/telephony.ts";
import { type Call, clearAway, runCall } from "./call.ts";
import { takeUpCallback } from "./callback.ts";
import type { Deps } from "./deps.ts";
import { directCall } from "./direct.ts";
import { featureCode, isFeatureCode } from "./feature.ts";
import { type Phones, phonesNow } from "./found.ts";
import { callOn } from "./identity.ts";
import { inboundCall } from "./inbound.ts";
import { CallRecord } from "./record.ts";
import { isOver } from "./restore.ts";

/** Every call comes in here: from outside, from a phone of ours to another, or a feature code. Never rejects. */
export async function takeCall(leg: Leg, deps: Deps): Promise<void> {
  await deps.running.handle(leg, async () => {
    try {
      await (isFeature(leg) ? featureCode(leg, deps) : newOrBegun(leg, deps));
    } catch (error) {
      if (error instanceof HungUp) return;
      deps.log.error({ channel: leg.id, err: error }, "a call could not be taken");
      await leg.hangup("failed");
    }
  });
}

/** A call that was begun before, as it is found. */
export interface Unfinished extends Phones {
  readonly leg: Leg;
  readonly state: CallState;
  /** The owner that held it last. */
  readonly from: string;
  /** When one of the two left, where that happened unseen. */
  readonly leftAt: number | null;
}

/** Takes up a call that was begun before. Never rejects. */
export async function takeUp(unfinished: Unfinished, deps: Deps): Promise<void> {
  const { leg, state } = unfinished;
  await deps.running.handle(leg, () => deps.running.run(state.id, () => goOn(unfinished, deps)));
}

/** A call by which somebody is called back who has not answered yet, as it is found. */
export interface Uncalled extends Omit<Unfinished, "leg" | "others" | "leftAt"> {
  /** Her phone, where it rings. */
  readonly customer: DialledLeg | null;
}

/** Takes it up. Never rejects. */
export async function takeUpUncalled(
  { state, from, agent, customer }: Uncalled,
  deps: Deps,
): Promise<void> {
  const record = CallRecord.resume(deps, state);
  record.note({ type: "adopted", by: deps.owner, from });
  if (agent !== null) noteOffer(record, agent, deps);
  const begun = { record, agent, customer, lineFree: Promise.resolve() };
  await takeUpCallback(begun, deps, flows.outbound);
}

/** The call that this caller has begun before, if it is live; else a new one. */
async function newOrBegun(leg: Leg, deps: Deps): Promise<void> {
  const { running } = deps;
  const id = callOn(leg.id);
  // Here it may have begun a moment ago, by who found her channel before it was told that she is ours.
  const mayBeBegun = leg.again || running.has(id);
  await running.run(id, async () => {
    const live = mayBeBegun ? await takenBack(id, deps) : null;
    if (mayBeBegun && (live?.state.stage === "ended" || (await isOver(id, deps)))) {
      // Whoever ended it died before it could hang up.
      await leg.hangup();
      if (live !== null) await clearAway(id, deps);
      return;
    }
    if (live === null) return await newCall(id, leg, deps);
    const { state, owner: from } = live;
    // The dialplan has had her, but her agent's phone may ring still, or have been answered meanwhile.
    const phones = await phonesNow(state, deps);
    await goOn({ leg, state, from, ...phones, leftAt: null }, deps);
  });
}

/** A live call that is ours now, with the owner it had before; `null` when there is none. */
async function takenBack(id: CallId, { desk, owner }: Deps): Promise<LiveCall | null> {
  for (;;) {
    const live = await desk.liveCall(id);
    if (live === null || live.owner === owner) return live;
    const mine = await desk.takeOver(id, live.owner, owner);
    if (mine !== null) return { ...mine, owner: live.owner };
  }
}

/** Goes on with a call where its record says it was. What ended unseen ended then, and so did all that follows. */
async function goOn(unfinished: Unfinished, deps: Deps): Promise<void> {
  const { leg, state, from, agent, others, leftAt } = unfinished;
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
  const { queue, stage, extension: last, ringing } = record.state;
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
  // Whoever is called back has called before: from her answer on it is as if she had waited on the line.
  outbound: inboundCall,
};

async function newCall(id: CallId, leg: Leg, deps: Deps): Promise<void> {
  const direction = leg.entry.from === "outside" ? "inbound" : "internal";
  const caller = leg.entry.from === "extension" ? leg.entry.extension : leg.callerNumber;
  const { callerName } = leg;
  const { dialled } = leg.entry;
  const record = CallRecord.open(
    deps,
    id,
    { type: "started", direction, caller, callerName, dialled, channel: leg.id },
    Math.min(leg.arrivedAt, deps.clock.now()),
  );
  await runCall({ leg, record, found: null }, deps, flows[direction]);
}
