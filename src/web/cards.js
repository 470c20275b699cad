import { badge, element, length } from "/assets/dom.js";

/** What a queue, a call, an agent and an ending look like on the board. */
const callWords = {
  initiated: "New",
  menu: "In the menu",
  queued: "Waiting",
  ringing: "Ringing",
  in_progress: "Talking",
  voicemail: "Voicemail",
  fallback: "Held by Asterisk",
  ended: "Ended",
};
const partWords = {
  asterisk: "Asterisk",
  desk: "the desk (Redis)",
  jobs: "the job queue (Redis)",
  store: "the history",
  journal: "the journal",
};
const agentWords = {
  available: "Available",
  busy: "Busy",
  on_break: "On break",
  offline: "Signed out",
};

export const isWaiting = (call) =>
  call.queue !== null &&
  call.forwarded_to === null &&
  (call.status === "queued" || call.status === "ringing");
export const isSignedIn = (agent) => agent.presence !== "offline";

/** What is away, in one sentence; empty when all is up. */
export function awayLine(parts) {
  const away = Object.entries(parts).filter(([, { state }]) => state !== "up");
  if (away.length === 0) return "";
  const words = away.map(([part, { state }]) => `${partWords[part] ?? part} is ${state}`);
  const calls = parts.asterisk?.state === "up" ? "Calls go on." : "No calls can be handled.";
  return `${words.join(", ")}. ${calls}`;
}

/** The server's own order: weight of the queue, priority, then the first entry. */
export function servingOrder(queues) {
  const weights = new Map(queues.map((queue) => [queue.queue, queue.weight]));
  return (left, right) =>
    weights.get(right.queue) - weights.get(left.queue) ||
    right.priority - left.priority ||
    (left.queued_at < right.queued_at ? -1 : 1);
}

export function queueCard({ queue, title }, waiting, staff) {
  const here = waiting.filter((call) => call.queue === queue);
  const serving = staff.filter((agent) => agent.queues.includes(queue) && isSignedIn(agent));
  const free = serving.filter((agent) => agent.status === "available").length;
  const urgent = here.length > 0 && free === 0;
  const longest = here.map((call) => call.queued_at).sort()[0];
  return element("li", { class: `card queue${urgent ? " urgent" : ""}` }, [
    element("h3", {}, [title]),
    element("p", { class: "big" }, [
      element("strong", {}, [here.length]),
      here.length === 1 ? " caller waits" : " callers wait",
    ]),
    element("p", { class: "small" }, [
      `${free} of ${serving.length} agents free`,
      ...(longest === undefined ? [] : [" · longest ", element("time", { "data-since": longest })]),
    ]),
    element(
      "ol",
      { class: "line" },
      here
        .slice(0, 5)
        .map((call) =>
          element("li", {}, [
            element("span", {}, [nameOf(call)]),
            call.status === "ringing" ? badge("call", "ringing", "ringing") : "",
            element("time", { "data-since": call.queued_at }),
          ]),
        ),
    ),
    here.length > 5 ? element("p", { class: "small" }, [`and ${here.length - 5} more`]) : "",
  ]);
}

export function callRow(call, queues, agents) {
  const queue = queues.find(({ queue }) => queue === call.queue);
  const stage = {
    queued: call.queued_at,
    ringing: call.offered_at,
    in_progress: call.connected_at,
  }[call.status];
  const agent = agents.get(call.agent_id)?.name ?? call.agent_id ?? call.forwarded_to ?? "";
  return element("tr", {}, [
    element("td", {}, [badge("call", call.status, callWords[call.status])]),
    element("td", {}, [
      element("span", { class: "name" }, [nameOf(call)]),
      call.customer_name === "" ? "" : element("span", { class: "small" }, [call.phone_number]),
    ]),
    element("td", {}, [queue?.title ?? call.menu ?? ""]),
    element("td", {}, [agent]),
    element("td", { class: "number" }, [
      element("time", { "data-since": stage ?? call.started_at }),
    ]),
    element("td", { class: "number" }, [element("time", { "data-since": call.started_at })]),
  ]);
}

export function agentCard(agent, calls) {
  const call = calls.get(agent.call_id);
  let doing = agent.queues.join(", ");
  let from = null;
  if (agent.activity === "talking") {
    doing = call === undefined ? "talking" : `talking to ${nameOf(call)}`;
    from = agent.talking_since;
  } else if (agent.reservation === "offered") {
    doing = call === undefined ? "phone rings" : `phone rings: ${nameOf(call)}`;
  } else if (agent.presence === "after_call") {
    doing = "after-call work";
  } else if (agent.presence === "paused") {
    doing = agent.reason;
  } else if (agent.presence === "available" && agent.device === "unreachable") {
    doing = "phone not registered";
  } else if (agent.status === "available") {
    from = agent.idle_since;
  }
  const later = agent.pending === null ? "" : `, then ${agent.pending}`;
  return element("li", { class: "card agent" }, [
    element("span", { class: "name" }, [agent.name]),
    element("span", { class: "extension" }, [agent.extension]),
    badge("agent", agent.status, agentWords[agent.status]),
    element("span", { class: "small doing" }, [doing, later]),
    from === null ? "" : element("time", { class: "small", "data-since": from }),
  ]);
}

export function endedLine(call, agents) {
  const agent = agents.get(call.agent_id)?.name;
  const { result, reason } = call.ending ?? { result: "", reason: "" };
  return element("li", {}, [
    badge("ending", result, result),
    element("span", { class: "name" }, [nameOf(call)]),
    element("span", { class: "small" }, [
      reason.replaceAll("_", " "),
      agent === undefined ? "" : `, ${agent}`,
    ]),
    element("span", { class: "small number" }, [length((call.duration ?? 0) * 1000)]),
  ]);
}

const nameOf = (call) => call.customer_name || call.phone_number || "Number withheld";
