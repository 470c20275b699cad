import { parseArgs } from "node:util";
import { KituoError } from "../../src/domain/errors.ts";
import { unregister } from "../../src/ops/phones/agents.ts";
import { part, readWav, rms, toneLevel } from "../../src/ops/phones/audio.ts";
import { startBaresip } from "../../src/ops/phones/baresip.ts";
import { outsideAddress } from "../../src/ops/phones/callers.ts";
import { Client } from "../lab/client.ts";
import { mainNumber } from "../lab/lab.ts";
import { conversation, inOrder, until } from "../lab/until.ts";
import { ownTarget, runningTarget, type Target } from "./target.ts";

/**
 * `npm run smoke`: one scripted call through a real Asterisk with real telephones, every fact of it verified at the
 * API, a line a fact. With `-- --url http://127.0.0.1:8000` on a Kituo that is up, else on one of its own. The exit
 * status is 0 when every fact holds.
 */
const extension = "1001";
const agentId = "AGT-001";
const tones = { caller: 1_000, agent: 500 };

let failed = 0;
function fact(what: string, holds: boolean, seen: unknown = ""): void {
  if (!holds) failed += 1;
  const detail = typeof seen === "string" ? seen : JSON.stringify(seen);
  console.log(`${holds ? "ok  " : "FAIL"} ${what}${detail === "" ? "" : ` (${detail})`}`);
}

async function smoke({ url, phones, secrets }: Target): Promise<void> {
  const admin = secrets.users.find((user) => user.role === "admin");
  const api = await Client.signIn(url, admin?.username ?? "", admin?.password ?? "");
  fact("signing in gives a token", api.token !== "");
  const board = await api.updates();
  fact("the live socket begins with a snapshot", board.all[1]?.type === "snapshot");

  const account = { extension, password: secrets.site.extensions[extension] ?? "" };
  const agent = await startBaresip(phones, {
    user: extension,
    password: account.password,
    address: phones.sipAddress,
    toneHz: tones.agent,
  });
  const number = `+2547${String(Date.now()).slice(-8)}`;
  const caller = await startBaresip(phones, {
    user: number,
    address: outsideAddress,
    toneHz: tones.caller,
  });
  try {
    await until("the phone known", async () => (await api.agent(agentId)).device === "idle");
    fact(`${extension}'s phone is registered`, true);
    await api.setAgent(agentId, "available");
    const { status } = await api.agent(agentId);
    fact(`${agentId} is signed in`, status === "available", status);

    await caller.dial(mainNumber);
    const id = await board.begun(number);
    fact("a call from outside is told of on the live socket", true, id);
    await board.fact(id, "menu_entered");
    await conversation(1_200);
    await caller.press("1");
    const { language } = (await board.fact(id, "language_chosen")).data;
    fact("key 1 chooses English", language === "en", language ?? "none");
    await board.fact(id, "menu_entered", 2);
    await caller.press("2");
    const { queue } = (await board.fact(id, "queued")).data;
    fact("key 2 leads into the support queue", queue === "support", queue ?? "none");
    await agent.event("CALL_INCOMING");
    fact(`${extension}'s phone rings`, true);
    await agent.answer();
    const connected = (await board.fact(id, "connected")).data;
    fact(`${agentId} is the one who answered`, connected.agent_id === agentId, connected.agent_id);
    await conversation(2_000);
    await caller.hangup();
    const endedAt = Date.now();
    const ended = (await board.fact(id, "ended")).data;
    fact("the caller hangs up: completed, talked", ended.ending?.reason === "talked", ended.ending);

    await until("the log", async () => (await api.call(id)).ended_at !== null);
    const recording = readWav(await api.recording(id));
    const readableMs = Date.now() - endedAt;
    fact(
      "what the call left is readable a second after it",
      readableMs < 1_000,
      `${readableMs} ms`,
    );
    await verifyLog(api, id);
    const loud = rms(part(recording, 300, 1_500));
    fact("the recording has sound in it", loud > 0.01, `RMS ${loud.toFixed(3)}`);
    for (const [who, hertz] of Object.entries(tones))
      fact(`the ${who} is on the recording`, toneLevel(part(recording, 300, 1_500), hertz) > 0.05);

    const heard = await caller.heard();
    fact("the caller heard the menu", rms(part(heard, 300, 1_100)) > 0.01);
    const talk = part(heard, -1_000);
    const pure = toneLevel(talk, tones.agent) / rms(talk);
    fact("then the agent and nothing else", pure > 0.95, `${Math.round(pure * 100)} %`);
    fact("the agent heard the caller", toneLevel(await agent.heard(), tones.caller) > 0.05);

    const facts = board.all.flatMap((update) =>
      // Several facts of one moment are one message that names them all.
      "facts" in update.data && update.data.call_id === id && update.type !== "call:routed"
        ? update.data.facts
        : [],
    );
    const { events } = await api.call(id);
    const logged = events.map((event) => event.type);
    fact("live events: in order and complete", facts.join() === logged.join(), facts.length);
    fact(
      "live events: no number is missing",
      board.all.every((each, at) => each.seq === at + 1),
    );
    await until("after-call work begun", async () => {
      const { presence, activity } = await api.agent(agentId);
      return presence === "after_call" && activity === "none";
    });
    fact(`${agentId} is in after-call work`, true);
  } finally {
    await Promise.all([caller.stop(), agent.stop()]);
    await api.setAgent(agentId, "offline");
    await unregister(phones, [account]);
    board.close();
  }
}

async function verifyLog(api: Client, id: string): Promise<void> {
  const call = await api.call(id);
  const names = ["started", "answered", "queued", "offered", "connected", "ended"] as const;
  const moments = names.map((name) => call[`${name}_at`]);
  fact(
    "the log has every timestamp",
    !moments.includes(null),
    moments.filter((at) => at !== null).length,
  );
  fact("the timestamps are in order", inOrder(moments));
  fact("the log says who answered", call.agent_id === agentId, call.agent_id ?? "nobody");
  fact("the log says how it ended", call.ending?.result === "completed", call.ending);
  const kinds = call.segments.map((segment) => segment.kind).join(", ");
  fact("its segments tell the way", kinds === "menu, menu, queue, ring, talk", kinds);
  const lines = await api.transcript(id);
  for (const speaker of ["bot", "customer"] as const) {
    const count = lines.filter((line) => line.speaker === speaker && line.content !== "").length;
    fact(`the transcript has lines of the ${speaker}`, count > 0, `${count}`);
  }
  const waiting = await api.waiting();
  fact("the call waits nowhere any more", !waiting.some((each) => each.call_id === id));
}

const { values } = parseArgs({ options: { url: { type: "string" } } });
const started = Date.now();
try {
  const target = values.url === undefined ? await ownTarget() : await runningTarget(values.url);
  try {
    await smoke(target);
  } finally {
    await target.release();
  }
} catch (error) {
  fact("the call can be made and followed", false, error instanceof Error ? error.message : "");
  if (error instanceof KituoError) for (const line of error.faults) console.log(`     ${line}`);
}
const seconds = ((Date.now() - started) / 1000).toFixed(1);
console.log(
  failed === 0 ? `smoke: all well, ${seconds} s` : `smoke: ${failed} FAILED, ${seconds} s`,
);
process.exit(failed === 0 ? 0 : 1);
