import type { CallEvent } from "../../domain/call-fact.ts";
import type { Segment } from "./call.ts";
import { toTime } from "./words.ts";

type Kind = Segment["kind"];

/**
 * The stretches of a call, computed from its facts: menus, waits, rings, conversations, surveys, voicemail, in the
 * order they began. Waiting and ringing overlap, because a call keeps its place while a phone rings. A stretch that
 * nothing has ended yet has no end.
 */
export function segmentsOf(events: readonly CallEvent[]): Segment[] {
  const segments: Segment[] = [];
  // Several phones ring at the same time; of everything else there is one.
  const open = new Map<string, Segment>();
  const begin = (kind: Kind, at: number, about: Partial<Segment>, key: string = kind): void => {
    const segment: Segment = {
      kind,
      started_at: toTime(at),
      ended_at: null,
      menu: null,
      queue: null,
      agent_id: null,
      outcome: null,
      ...about,
    };
    segments.push(segment);
    open.set(key, segment);
  };
  const end = (key: string, at: number, outcome: string): void => {
    const segment = open.get(key);
    if (segment === undefined) return;
    segment.ended_at = toTime(at);
    segment.outcome = outcome;
    open.delete(key);
  };

  for (const event of events) {
    switch (event.type) {
      case "menu_entered":
        if (open.get("menu")?.menu === event.menu) break;
        end("menu", event.at, "next_menu");
        begin("menu", event.at, { menu: event.menu });
        break;
      case "queued":
        end("menu", event.at, "queued");
        end("talk", event.at, "queued");
        end("queue", event.at, "queued");
        begin("queue", event.at, { queue: event.queue });
        break;
      case "left_queue":
        end("queue", event.at, event.why);
        break;
      case "moved":
        for (const key of open.keys()) end(key, event.at, event.how);
        break;
      case "offered":
        end("menu", event.at, "offered");
        begin(
          "ring",
          event.at,
          { agent_id: event.agent, queue: event.queue ?? null },
          `ring ${event.agent}`,
        );
        break;
      case "offer_ended":
        end(`ring ${event.agent}`, event.at, event.outcome);
        break;
      case "connected":
        end(`ring ${event.agent}`, event.at, "answered");
        end("queue", event.at, "answered");
        begin("talk", event.at, { agent_id: event.agent });
        break;
      case "forwarded":
        end("menu", event.at, "forwarded");
        begin("ring", event.at, { queue: event.queue }, "ring outside");
        break;
      case "forward_ended":
        end("ring outside", event.at, event.outcome);
        break;
      case "connected_outside":
        end("ring outside", event.at, "answered");
        begin("talk", event.at, {});
        break;
      case "survey_started":
        end("talk", event.at, "talked");
        begin("survey", event.at, { queue: event.queue, agent_id: event.agent });
        break;
      case "survey_answered":
        end("survey", event.at, "answered");
        break;
      case "customer_dialled":
        begin("dial", event.at, {});
        break;
      case "customer_missed":
        end("dial", event.at, event.outcome);
        break;
      case "answered":
        end("dial", event.at, "answered");
        break;
      case "voicemail_started":
        end("menu", event.at, "voicemail");
        end("queue", event.at, "voicemail");
        begin("voicemail", event.at, { queue: event.queue });
        break;
      case "released":
        for (const key of open.keys()) end(key, event.at, "released");
        begin("fallback", event.at, {});
        break;
      case "answered_natively":
        end("fallback", event.at, "answered");
        begin("talk", event.at, { agent_id: event.agent });
        break;
      case "voicemail_left":
        end("voicemail", event.at, "left_message");
        break;
      case "ended":
        for (const key of open.keys()) end(key, event.at, event.ending.reason);
        break;
      case "adopted":
        // A server has her again; whoever has talked to a phone in the native queue talks on until the end.
        end("fallback", event.at, "adopted");
        break;
      case "started":
      case "language_chosen":
      case "key_pressed":
      case "position_told":
      case "estimate_told":
      case "overflowed":
      case "callback_requested":
      case "recording_started":
      case "recording_ended":
        break;
      default:
        event satisfies never;
    }
  }
  return segments;
}
