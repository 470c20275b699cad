import { Command, InvalidArgumentError, Option } from "commander";
import { KituoError } from "../../domain/errors.ts";
import { momentOf, type Opening, openingAt } from "../../domain/hours.ts";
import type { WireOpening } from "../../facade/contract/queue.ts";
import { adminApi, currentState, serverAt, stateIfUp } from "./current.ts";
import { surroundings } from "./surroundings.ts";

interface HoursOptions {
  readonly queue: string;
  readonly at?: string;
  readonly close?: true;
  readonly open?: true;
  readonly until?: string;
  readonly reason?: string;
  readonly url?: string;
}

/**
 * `kituo hours --queue NAME --at TIME`: whether a queue takes calls then. A server that is up is asked, for somebody may
 * have closed the queue; else it is told by `kituo.yaml` alone. With `--close` or `--open` the server is told to close
 * the queue now, or that its hours count again.
 */
export function hours(): Command {
  return new Command("hours")
    .description("whether a queue takes calls at a moment, and until when; close it, or open it")
    .requiredOption("--queue <name>", "the queue")
    .addOption(new Option("--close", "close it now, whatever its hours").conflicts(["open", "at"]))
    .addOption(new Option("--open", "its hours count again").conflicts(["at", "until", "reason"]))
    .option("--until <time>", "with --close: when its hours count again; else with --open", time)
    .option("--reason <text>", "with --close: why")
    .option("--url <address>", "a server that `up` did not start")
    .option(
      "--at <time>",
      "2026-12-24T13:00 by the queue's own clocks, or with an offset; now",
      time,
    )
    .action(async ({ queue: name, at, ...rest }: HoursOptions) => {
      const queue = surroundings().centre.queues.find((each) => each.name === name);
      if (queue === undefined) throw new KituoError("queue_unknown", `There is no queue ${name}.`);
      const zone = queue.hours?.zone ?? "UTC";
      if (rest.close === true || rest.open === true) {
        console.log(answered(await say(name, zone, rest), zone));
        return;
      }
      const moment = at === undefined ? undefined : read(at, zone);
      const server = rest.url === undefined ? stateIfUp() : serverAt(rest.url);
      if (server === null) {
        const opening = openingAt(queue.hours, moment ?? Date.now());
        console.log(sentence(name, moment ?? Date.now(), opening, zone));
        console.error(
          "No server is up here: this is by kituo.yaml alone, whoever may have closed the queue.",
        );
        return;
      }
      const path = `/api/queues/${encodeURIComponent(name)}/hours`;
      const about = moment === undefined ? "" : `?at=${new Date(moment).toISOString()}`;
      const answer = (await (await adminApi(server))("GET", `${path}${about}`)) as WireOpening;
      const until = answer.until === null ? null : Date.parse(answer.until);
      console.log(sentence(name, Date.parse(answer.at), { ...answer, until }, zone));
      const { closing } = answer;
      if (closing !== null)
        console.log(
          `${closing.by} has closed it${closing.reason === null ? "" : `: ${closing.reason}`}.`,
        );
    });
}

/** An opening without an end is by the hours for ever; a closing without one lasts until somebody says so. */
function sentence(
  queue: string,
  moment: number,
  { open, by, until }: Opening,
  zone: string,
): string {
  const never = by === "closing" ? "until it is opened" : "and that does not change";
  const change = until === null ? never : `until ${told(until, zone)}`;
  return `${queue} is ${open ? "open" : "closed"} at ${told(moment, zone)} (${by}), ${change}.`;
}

/** Tells the server, and gives its answer. */
async function say(
  queue: string,
  zone: string,
  { close, until, reason, url }: Omit<HoursOptions, "queue" | "at">,
): Promise<WireOpening> {
  const ask = await adminApi(url === undefined ? currentState() : serverAt(url));
  const path = `/api/queues/${encodeURIComponent(queue)}/${close === true ? "close" : "open"}`;
  const ends = until === undefined ? {} : { until: new Date(read(until, zone)).toISOString() };
  const body = { ...ends, ...(reason === undefined ? {} : { reason }) };
  return (await ask("POST", path, body)) as WireOpening;
}

function answered({ queue, open, until }: WireOpening, zone: string): string {
  const change = until === null ? "" : ` until ${told(Date.parse(until), zone)}`;
  return `${queue} is ${open ? "open" : "closed"} now${change}.`;
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
