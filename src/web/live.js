/**
 * The live state of the contact centre in a browser: one socket, a snapshot, then numbered events folded into it.
 * Connects again by itself, sooner at first and later more patiently, also when a number is missing, and goes on from
 * where it was if the server still knows what came after that.
 */
const firstPauseMs = 500;
const longestPauseMs = 15_000;
const keptEndings = 8;
/** The server pings, but a page cannot see pings: silence is checked with the browser's own events. */
const notSignedIn = 4401;

/** An empty centre. `skew` is how far the server's clock is ahead of this one, in milliseconds. */
function emptyState() {
  return { calls: new Map(), agents: new Map(), queues: [], ended: [], parts: {}, skew: 0 };
}

/**
 * Follows the server. `onState` gets the state after each change, `onLink` one of `connecting`, `live`, `lost`,
 * `refused`. Returns what ends it.
 */
export function follow(token, { onState, onLink }) {
  let socket = null;
  let pauseMs = firstPauseMs;
  let timer = 0;
  let isOver = false;
  let state = emptyState();
  /** Where the server's stream stands behind what was folded in last. */
  let mark = null;

  const connect = () => {
    onLink("connecting");
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const query = mark === null ? "" : `?resume=${encodeURIComponent(mark)}`;
    const current = new WebSocket(`${scheme}//${location.host}/ws/updates${query}`);
    socket = current;
    let seq = 0;
    // The token goes into the first message: an address would end up in logs.
    current.addEventListener("open", () => current.send(JSON.stringify({ type: "auth", token })));
    current.addEventListener("message", ({ data }) => {
      const update = JSON.parse(data);
      if (update.seq !== seq + 1) {
        current.close();
        return;
      }
      seq = update.seq;
      state = fold(state, update);
      mark = update.resume ?? mark;
      if (update.type === "snapshot" || (update.type === "hello" && update.data.resumed)) {
        pauseMs = firstPauseMs;
        onLink("live");
      }
      if (update.type !== "hello") onState(state);
    });
    current.addEventListener("close", ({ code }) => {
      if (isOver || socket !== current) return;
      if (code === notSignedIn) {
        isOver = true;
        onLink("refused");
        return;
      }
      onLink("lost");
      // A little chance, so that a whole office does not come back in the same moment.
      timer = setTimeout(connect, pauseMs * (0.75 + Math.random() / 2));
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    });
  };

  const hurry = () => {
    if (isOver || socket?.readyState !== WebSocket.CLOSED) return;
    clearTimeout(timer);
    connect();
  };
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", hurry);
  connect();

  return () => {
    isOver = true;
    clearTimeout(timer);
    removeEventListener("online", hurry);
    document.removeEventListener("visibilitychange", hurry);
    socket?.close();
  };
}

/** The state after one message of the server. */
function fold(state, { type, at, data }) {
  switch (type) {
    case "hello":
      return { ...state, skew: Date.parse(at) - Date.now() };
    case "snapshot":
      return {
        ...state,
        queues: data.queues,
        parts: data.parts,
        calls: new Map(data.calls.map((call) => [call.call_id, call])),
        agents: new Map(data.agents.map((agent) => [agent.agent_id, agent])),
      };
    case "call:new":
    case "call:updated":
    case "call:routed":
    case "call:transferred":
      return { ...state, calls: new Map(state.calls).set(data.call_id, data) };
    case "call:ended": {
      const calls = new Map(state.calls);
      calls.delete(data.call_id);
      return { ...state, calls, ended: withEnding(state.ended, [data]) };
    }
    case "agent:status_changed":
      return { ...state, agents: new Map(state.agents).set(data.agent_id, data) };
    case "system:health": {
      const { part, ...health } = data;
      return { ...state, parts: { ...state.parts, [part]: health } };
    }
    default:
      return state;
  }
}

/** The newest endings, each call once. */
export function withEnding(ended, more) {
  const byId = new Map([...ended, ...more].map((call) => [call.call_id, call]));
  return [...byId.values()]
    .sort((left, right) => (left.ended_at < right.ended_at ? 1 : -1))
    .slice(0, keptEndings);
}
