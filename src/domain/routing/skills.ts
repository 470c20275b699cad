/** How well an agent does something: 1 (can, when nobody else does) to 5 (best). What is not named she cannot. */
export type Skills = Readonly<Record<string, number>>;

/** What a queue asks of whoever takes its calls. */
export interface SkillNeed {
  readonly skill: string;
  /** The least level, 1 to 5. */
  readonly level: number;
  /** Without it she gets no call of the queue; else those who have it only come first. */
  readonly required: boolean;
  /** What is asked for instead when a caller has waited so long; a level of 0 asks for nothing any more. */
  readonly relax: readonly { readonly afterMs: number; readonly level: number }[];
}

/** The level that a need asks for after a wait; 0: nothing any more. */
export function levelAfter(need: SkillNeed, waitedMs: number): number {
  let { level } = need;
  let since = -1;
  for (const step of need.relax) {
    if (step.afterMs <= waitedMs && step.afterMs > since) {
      level = step.level;
      since = step.afterMs;
    }
  }
  return level;
}

/** The required skill that an agent lacks after a wait, `null` when she may take the call. */
export function lacking(
  skills: Skills,
  needs: readonly SkillNeed[],
  waitedMs: number,
): SkillNeed | null {
  return (
    needs.find((need) => need.required && (skills[need.skill] ?? 0) < levelAfter(need, waitedMs)) ??
    null
  );
}

/**
 * How well an agent suits: the sum of her levels, each at most 5, in the skills that are asked for, and one more for
 * each preferred skill whose level she reaches. Of two who may take a call the one who suits better is asked first.
 */
export function fitness(skills: Skills, needs: readonly SkillNeed[], waitedMs: number): number {
  let sum = 0;
  for (const need of needs) {
    const level = levelAfter(need, waitedMs);
    if (level === 0) continue;
    const has = skills[need.skill] ?? 0;
    sum += Math.min(has, 5) + (!need.required && has >= level ? 1 : 0);
  }
  return sum;
}

/** How many of the moments at which something of a need changes have passed. Between two of them nothing does. */
export function stepsPassed(needs: readonly SkillNeed[], waitedMs: number): number {
  let passed = 0;
  for (const { relax } of needs)
    for (const { afterMs } of relax) if (afterMs <= waitedMs) passed += 1;
  return passed;
}

/** The wait, in milliseconds, after which the next need is relaxed; `null` when none will be any more. */
export function nextStep(needs: readonly SkillNeed[], waitedMs: number): number | null {
  let next: number | null = null;
  for (const { relax } of needs)
    for (const { afterMs } of relax)
      if (afterMs > waitedMs && (next === null || afterMs < next)) next = afterMs;
  return next;
}
