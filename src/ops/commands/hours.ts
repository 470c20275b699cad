import { Command, InvalidArgumentError } from "commander";
import { KituoError } from "../../domain/errors.ts";
import { momentOf, openingAt } from "../../domain/hours.ts";
import { surroundings } from "./surroundings.ts";

interface HoursOptions {
  readonly queue: string;
  readonly at?: string;
}

/** `kituo hours --queue NAME --at TIME`: whether a queue takes calls then, by `kituo.yaml`. Needs no server. */
export function hours(): Command {
  return new Command("hours")
    .description("whether a queue takes calls at a moment, and until when")
    .requiredOption("--queue <name>", "the queue")
    .option(
      "--at <time>",
      "2026-12-24T13:00 by the queue's own clocks, or with an offset; now",
      time,
    )
    .action(({ queue: name, at }: HoursOptions) => {
      const queue = surroundings().centre.queues.find((each) => each.name === name);
      if (queue === undefined) throw new KituoError("queue_unknown", `There is no queue ${name}.`);
      const zone = queue.hours?.zone ?? "UTC";
      const moment = at === undefined ? Date.now() : read(at, zone);
      const { open, by, until } = openingAt(queue.hours, moment);
      const change = until === null ? "and that does not change" : `until ${told(until, zone)}`;
      console.log(
        `${name} is ${open ? "open" : "closed"} at ${told(moment, zone)} (${by}), ${change}.`,
      );
    });
}

const form = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):([0-5]\d)(:[0-5]\d)?(Z|[+-]\d{2}:\d{2})?$/;

function time(text: string): string {
  if (form.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError("A time is written like 2026-12-24T13:00.");
}

function read(text: string, zone: string): number {
  const [, date = "", hour = "", minute = "", , offset] = form.exec(text) ?? [];
  if (offset !== undefined) return Date.parse(text);
  return momentOf(zone, date, Number(hour) * 60 + Number(minute));
}

function told(moment: number, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    dateStyle: "full",
    timeStyle: "short",
  }).format(moment);
}
