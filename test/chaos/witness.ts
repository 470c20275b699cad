import type { SeenCall } from "./seen.ts";

/**
 * How far apart two phones' notes of one event can lie: Asterisk is between them, and a phone that runs behind everybody
 * else notes what it has sent when it gets the processor again (65 ms later was seen).
 */
const atOnceMs = 250;

/** What people at both ends of calls would complain about. */
export interface Complaints {
  /** Callers who were turned away or cut off. */
  readonly dropped: readonly string[];
  /** Agents who were cut off while the caller was still there. */
  readonly cutOff: readonly string[];
  /** Phones that stopped ringing while the caller was still there, with the ring not at its end. */
  readonly brokenOff: readonly string[];
  /** Phones that were rung while they had a call. */
  readonly twoAtOnce: readonly string[];
  /** How long somebody stayed on a line whose other end had hung up, at most. */
  readonly leftAloneMs: number;
}

/** Compares what callers and agents saw: whoever was hung up on must have been by the other one. */
export function complaints(callers: readonly SeenCall[], agents: readonly SeenCall[]): Complaints {
  const legs = Map.groupBy(agents, (leg) => leg.number);
  const byNumber = new Map(callers.map((call) => [call.number, call]));
  const left = (call: SeenCall | undefined, by: number): boolean =>
    call === undefined ||
    (call.endedHere && (call.endedAt ?? Infinity) <= by + atOnceMs) ||
    (call.cancelledAt ?? Infinity) <= by + atOnceMs;

  const dropped = callers.flatMap((call) => {
    if (call.refused !== null && call.cancelledAt === null)
      return [`${call.number} was turned away with ${call.refused}`];
    if (call.endedAt === null || call.endedHere) return [];
    const ended = call.endedAt;
    const byAgent = (legs.get(call.number) ?? []).some(
      (leg) => leg.endedHere && (leg.endedAt ?? Infinity) <= ended + atOnceMs,
    );
    return byAgent ? [] : [`${call.number} was cut off`];
  });
  const cutOff = agents
    .filter((leg) => leg.endedAt !== null && !leg.endedHere)
    .filter((leg) => !left(byNumber.get(leg.number), leg.endedAt ?? 0))
    .map((leg) => `${leg.called} with ${leg.number}`);
  const brokenOff = agents
    .filter((leg) => leg.cancelledAt !== null && leg.answeredAt === null)
    .filter((leg) => !left(byNumber.get(leg.number), leg.cancelledAt ?? 0))
    .map((leg) => `${leg.called} for ${leg.number}`);
  // Somebody who answered unseen and left again was never on a line with her; the one whom she met came last.
  const alone = Array.from(legs, ([number, own]) => {
    const leg = own.filter((each) => each.answeredAt !== null).at(-1);
    const caller = byNumber.get(number);
    if (leg?.endedAt == null || caller?.endedAt == null) return 0;
    return Math.abs(leg.endedAt - caller.endedAt);
  });
  const leftAloneMs = Math.max(0, ...alone);
  return { dropped, cutOff, brokenOff, twoAtOnce: overlaps(agents), leftAloneMs };
}

function overlaps(agents: readonly SeenCall[]): readonly string[] {
  const found: string[] = [];
  for (const [extension, legs] of Map.groupBy(agents, (leg) => leg.called)) {
    legs.forEach((leg, index) => {
      const before = legs[index - 1];
      if (before === undefined) return;
      const over = before.endedAt ?? before.cancelledAt ?? (before.refused === null ? Infinity : 0);
      if (leg.invitedAt < over) found.push(`${extension} with ${before.number} and ${leg.number}`);
    });
  }
  return found;
}

/** Callers who were rung for after somebody who had come later: who, by how many places, and how long after. */
export function overtakes(
  entered: readonly string[],
  legs: readonly SeenCall[],
): readonly string[] {
  const place = new Map(entered.map((number, index) => [number, index]));
  const first = new Map<string, number>();
  for (const leg of legs) if (!first.has(leg.number)) first.set(leg.number, leg.invitedAt);
  const served = [...first].sort(([, left], [, right]) => left - right);
  return served.flatMap(([number, at], index) => {
    // Two phones that are rung in the same breath may be in either order on the wire.
    const earlier = served.slice(0, index).filter(([, before]) => at - before > atOnceMs);
    const mine = place.get(number) ?? Infinity;
    const ahead = earlier.filter(([other]) => (place.get(other) ?? -1) > mine);
    if (ahead.length === 0) return [];
    const lateMs = Math.max(...ahead.map(([, before]) => Math.round(at - before)));
    return [`${number} by ${ahead.length}, who rang up to ${lateMs} ms before`];
  });
}
