import type { Language } from "../call-fact.ts";
import type { Centre, QueueSettings } from "../centre.ts";
import { asAgentId, asQueueName } from "../ids.ts";
import type { OverflowStep, QueueFault } from "../waiting.ts";
import { needsOf } from "./ranking.ts";
import { agentRules, rulesOf } from "./rules.ts";
import { lacking, levelAfter, type SkillNeed, type Skills } from "./skills.ts";

/**
 * Queues whose callers could wait only to be sent away: nobody serves them and everybody is let in, or none of those who
 * serve them has what they ask for. What counts is what is asked of an agent when a caller has waited as long as the
 * queue lets her: a step of `relax` that comes later does not help, and one that asks for more does harm. A queue that
 * widens its skills within that time is served by anybody, and one that adds another's agents by those, too.
 */
export function reachFaults(centre: Centre): QueueFault[] {
  return centre.queues.flatMap((queue, index) => {
    const reason = whyUnserved(queue, centre);
    return reason === null ? [] : [{ path: [index, ...reason.path], reason: reason.text }];
  });
}

interface Reason {
  readonly path: QueueFault["path"];
  readonly text: string;
}

function whyUnserved(queue: QueueSettings, centre: Centre): Reason | null {
  const { name, joinEmpty, maxWaitMs } = queue;
  const rules = rulesOf(centre);
  const reach = [name, ...addedBy(queue)];
  const staff = centre.agents
    .filter(({ queues }) => reach.some((each) => queues.includes(each)))
    .map(({ id }) => agentRules(rules, asAgentId(id)).skills);
  if (staff.length === 0) {
    if (joinEmpty !== "always") return null;
    const text = `queue ${name} lets callers wait (joinEmpty: always), and no agent serves it`;
    return { path: ["joinEmpty"], text };
  }
  if (widens(queue)) return null;
  for (const language of [null, ...centre.languages]) {
    const asked = needsOf({ queue: asQueueName(name), language }, rules);
    if (staff.some((skills) => lacking(skills, asked, maxWaitMs) === null)) continue;
    return reasonOf(queue, asked, staff, language);
  }
  return null;
}

/** What is certainly done for a caller who waits as long as the queue lets her. */
const surelyDone = ({ overflow, maxWaitMs }: QueueSettings): OverflowStep["do"][] =>
  overflow.flatMap(({ when, do: does }) =>
    "waitedMs" in when && when.waitedMs < maxWaitMs ? does : [],
  );

/** Whether she may be taken by agents who lack what the queue requires. */
const widens = (queue: QueueSettings): boolean =>
  surelyDone(queue).some((does) => "widenSkills" in does);

/** The queues whose agents may take her too. */
const addedBy = (queue: QueueSettings): string[] =>
  surelyDone(queue).flatMap((does) => ("alsoQueue" in does ? does.alsoQueue : []));

/** The one need that nobody meets, else all of them, which nobody meets together. */
function reasonOf(
  { name, skills, maxWaitMs }: QueueSettings,
  asked: readonly SkillNeed[],
  staff: readonly Skills[],
  language: Language | null,
): Reason {
  const unmet = asked.find((need) =>
    staff.every((each) => lacking(each, [need], maxWaitMs) !== null),
  );
  const needs = unmet === undefined ? asked.filter(({ required }) => required) : [unmet];
  const told = needs.map((need) => `${need.skill} at ${levelAfter(need, maxWaitMs)}`).join(" and ");
  const nobody = unmet === undefined ? "none of its agents has together" : "none of its agents has";
  const calls = language === null ? "its calls" : `its calls in ${language}`;
  const place = unmet === undefined ? -1 : skills.findIndex(({ skill }) => skill === unmet.skill);
  const path = language !== null ? ["language"] : place < 0 ? ["skills"] : ["skills", place];
  return {
    path,
    text: `queue ${name} requires ${told}, which ${nobody}: nobody could take ${calls}`,
  };
}
