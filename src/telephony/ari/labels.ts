import { asCallId, type CallId, type QueueName } from "../../domain/ids.ts";
import type { Channel } from "./wire.generated.ts";

/** Where in the dialplan comes who was rung and has answered. */
export const rungContext = "kituo-agent";

/** The channel variables that say what a channel is to us. They travel with events and outlive this process. */
export const labelNames = {
  call: "KITUO_CALL",
  role: "KITUO_ROLE",
  queue: "KITUO_QUEUE",
  app: "KITUO_APP",
} as const;

/** What a channel is to be labelled with. */
export interface Labels {
  readonly call: CallId;
  readonly role: "caller" | "agent";
  readonly queue?: QueueName;
}

/** Whether these variables of a channel say all that already. */
export function areSet(variables: Channel["channelvars"], labels: Labels): boolean {
  const wanted = Object.entries(labelVariables(labels));
  return wanted.every(([name, { value }]) => variables?.[name] === value);
}

/** The variables for a set of labels, as the body of a request wants them. */
export function labelVariables(
  labels: Labels,
): Record<string, { value: string; report_events: true }> {
  const told = (value: string) => ({ value, report_events: true }) as const;
  return {
    [labelNames.call]: told(labels.call),
    [labelNames.role]: told(labels.role),
    ...(labels.queue === undefined ? {} : { [labelNames.queue]: told(labels.queue) }),
  };
}

/** What a channel is labelled with; the labels come along with everything that Asterisk tells of it. */
export function labelsOf({ channelvars }: Pick<Channel, "channelvars">): {
  readonly call: CallId | null;
  readonly role: "caller" | "agent" | null;
  /** The application that rang this phone. */
  readonly app: string | null;
} {
  const call = channelvars?.[labelNames.call];
  const role = channelvars?.[labelNames.role];
  const app = channelvars?.[labelNames.app];
  return {
    call: typeof call === "string" && call !== "" ? asCallId(call) : null,
    role: role === "caller" || role === "agent" ? role : null,
    app: typeof app === "string" && app !== "" ? app : null,
  };
}
