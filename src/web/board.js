import {
  agentCard,
  awayLine,
  callRow,
  endedLine,
  isSignedIn,
  isWaiting,
  queueCard,
  servingOrder,
} from "/assets/cards.js";
import { length, since, sync } from "/assets/dom.js";
import { follow, withEnding } from "/assets/live.js";

/** The live board: signing in, then queues, calls and agents as they are this second. */
const storageKey = "kituo.session";
const $ = (id) => document.getElementById(id);
const linkWords = {
  connecting: "Connecting…",
  live: "Live",
  lost: "Connection lost, trying again…",
  refused: "Signed out",
};

let session = null;
let unfollow = () => {};
let shown = null;
let early = [];
let isDrawing = false;

function start() {
  $("sign-in").addEventListener("submit", signIn);
  $("sign-out").addEventListener("click", () => {
    // The server ends the session; if it cannot be reached, the token is forgotten here all the same.
    ask("POST", "/api/auth/logout").catch((error) => console.warn(error));
    signOut("");
  });
  $("my-status").addEventListener("change", changeStatus);
  setInterval(tick, 1000);
  session = readSession();
  if (session === null) showSignIn("");
  else showBoard();
}

function readSession() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(storageKey) ?? "null");
    return kept !== null && Date.parse(kept.expires_at) > Date.now() ? kept : null;
  } catch {
    // What cannot be read is as good as nothing kept: the form is shown.
    return null;
  }
}

async function signIn(event) {
  event.preventDefault();
  const button = $("sign-in").querySelector("button");
  button.disabled = true;
  $("sign-in-fault").textContent = "";
  try {
    const response = await fetch("/api/auth/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username: $("username").value, password: $("password").value }),
    });
    const body = await response.json();
    if (!response.ok) {
      $("sign-in-fault").textContent =
        `${body.detail} ${response.status === 401 ? "" : body.advice}`;
      $("password").select();
      return;
    }
    session = body;
    sessionStorage.setItem(storageKey, JSON.stringify(session));
    $("password").value = "";
    showBoard();
  } catch {
    $("sign-in-fault").textContent = "The server cannot be reached. Try again in a moment.";
  } finally {
    button.disabled = false;
  }
}

function signOut(why) {
  unfollow();
  unfollow = () => {};
  sessionStorage.removeItem(storageKey);
  session = null;
  shown = null;
  showSignIn(why);
}

function showSignIn(why) {
  for (const id of ["board", "session", "link"]) $(id).hidden = true;
  $("sign-in").hidden = false;
  $("sign-in-fault").textContent = why;
  $("username").focus();
}

function showBoard() {
  $("sign-in").hidden = true;
  for (const id of ["session", "link"]) $(id).hidden = false;
  $("who").textContent = session.username;
  $("mine").hidden = session.agent_id === null;
  early = [];
  ask("GET", "/api/calls?scope=ended&limit=8")
    .then(({ calls }) => {
      early = calls;
      draw();
    })
    .catch(() => {
      // The list of past calls is an extra: it fills by itself as calls end.
    });
  unfollow = follow(session.token, {
    onLink(state) {
      $("link").dataset.state = state;
      $("link").textContent = linkWords[state];
      $("board").classList.toggle("stale", state !== "live");
      if (state === "refused") signOut("Please sign in again.");
    },
    onState(state) {
      shown = state;
      $("board").hidden = false;
      draw();
    },
  });
}

async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: { Authorization: `Bearer ${session.token}`, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

async function changeStatus(event) {
  try {
    const status = event.target.value;
    await ask("PATCH", `/api/agents/${session.agent_id}/status`, { status });
  } catch (error) {
    $("link").textContent = `Status not changed: ${error.message}`;
    draw();
  }
}

/** Draws at most once a frame, however much happens. */
function draw() {
  if (isDrawing || shown === null) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    if (shown !== null) drawNow(shown);
  });
}

function drawNow({ calls, agents, queues, ended, parts }) {
  const away = awayLine(parts);
  $("away").textContent = away;
  $("away").hidden = away === "";
  const live = [...calls.values()].sort((left, right) =>
    left.started_at < right.started_at ? -1 : 1,
  );
  // Who is signed in stands first.
  const staff = [...agents.values()].sort(
    (left, right) =>
      isSignedIn(right) - isSignedIn(left) || (left.agent_id < right.agent_id ? -1 : 1),
  );
  const waiting = live.filter(isWaiting).sort(servingOrder(queues));
  const longest = waiting.map((call) => call.queued_at).sort()[0];

  $("tile-waiting").textContent = waiting.length;
  $("tile-talking").textContent = live.filter((call) => call.status === "in_progress").length;
  $("tile-free").textContent = staff.filter((agent) => agent.status === "available").length;
  since($("tile-longest"), longest, "–");
  $("calls-count").textContent = live.length;
  $("agents-count").textContent = `${staff.filter(isSignedIn).length} signed in`;
  $("calls-empty").hidden = live.length > 0;

  sync($("queues"), queues, "queue", (queue) => queueCard(queue, waiting, staff));
  sync($("calls"), live, "call_id", (call) => callRow(call, queues, agents));
  sync($("agents"), staff, "agent_id", (agent) => agentCard(agent, calls));
  sync($("ended"), withEnding(early, ended), "call_id", (call) => endedLine(call, agents));

  const me = agents.get(session?.agent_id);
  if (me !== undefined && document.activeElement !== $("my-status")) {
    const onBreak = me.reason === "busy" ? "busy" : "on_break";
    const wish = { offline: "offline", paused: onBreak }[me.pending ?? me.presence];
    $("my-status").value = wish ?? "available";
  }
  tick();
}

/** Lets every running time on the page run. */
function tick() {
  const now = Date.now() + (shown?.skew ?? 0);
  for (const node of document.querySelectorAll("[data-since]")) {
    const text = length(now - Date.parse(node.dataset.since));
    if (node.textContent !== text) node.textContent = text;
  }
}

start();
