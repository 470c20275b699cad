import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Update } from "../../src/facade/contract/updates.ts";
import { Lab, supportLine } from "../lab/lab.ts";
import { until } from "../lab/until.ts";

/** The agent's side of queues, with real telephones. */
describe("an agent", () => {
  let lab: Lab;
  beforeAll(async () => {
    const rest = { busyMs: 200, declinedMs: 200, noAnswerMs: 200, unreachableMs: 200 };
    const wrapUpCodes = [{ code: "sold", title: "Sold" }];
    lab = await Lab.start({
      centre: (centre) => ({
        ...centre,
        routing: { ...centre.routing, rest, pauseAfter: 2 },
        queues: centre.queues.map((queue) => ({
          ...queue,
          ringMs: 3_000,
          wrapUpMs: 2_000,
          wrapUpCodes,
        })),
      }),
    });
  });
  afterEach(() => lab.clear());
  afterAll(() => lab.stop());

  type AgentUpdate = Extract<Update, { type: "agent:status_changed" }>;
  const of = (id: string, holds: (agent: AgentUpdate["data"]) => boolean) => (each: Update) =>
    each.type === "agent:status_changed" && each.data.agent_id === id && holds(each.data);

  it("who lets two calls in a row go is paused, and the caller goes to another", async () => {
    const board = await lab.watch();
    await lab.phones(["1001"], { ring: 50, then: "decline" });
    await lab.signIn("1001");
    await lab.caller({ called: supportLine, number: "+254700000601", stay: 30_000 });
    const id = await board.begun("+254700000601");
    await board.next(
      "the pause",
      of("AGT-001", ({ reason }) => reason === "not answering"),
    );
    await lab.phones(["1002"], { ring: 50, then: "answer", talk: 300 });
    await lab.signIn("1002");
    await board.fact(id, "ended");
    await lab.nothingLeft();
    const rings = (await lab.api.call(id)).segments.filter(({ kind }) => kind === "ring");
    expect(rings.map(({ agent_id, outcome }) => [agent_id, outcome])).toEqual([
      ["AGT-001", "declined"],
      ["AGT-001", "declined"],
      ["AGT-002", "answered"],
    ]);
  });

  it("takes longer after a call, and says what came of it", async () => {
    const board = await lab.watch();
    await lab.phones(["1001"], { ring: 50, then: "answer", talk: 300 });
    await lab.signIn("1001");
    await lab.caller({ called: supportLine, number: "+254700000602" });
    const id = await board.begun("+254700000602");
    const after = await board.next(
      "after-call work",
      of("AGT-001", ({ presence }) => presence === "after_call"),
    );
    await lab.api.request("POST", "/api/agents/AGT-001/wrap-up/extend?seconds=2");
    await lab.api.request("POST", `/api/calls/${id}/wrap-up?code=sold&note=Two`);
    await lab.available("1001");
    expect(Date.now() - Date.parse(after.at)).toBeGreaterThan(3_500);
    expect((await lab.api.call(id)).wrap_ups).toMatchObject([
      { agent_id: "AGT-001", code: "sold", title: "Sold", note: "Two" },
    ]);
    await lab.nothingLeft();
  });

  it("who is put into a queue gets the caller who waits there", async () => {
    const board = await lab.watch();
    await lab.phones(["1010"], { ring: 50, then: "answer", talk: 300 });
    await lab.signIn("1010");
    await lab.api.setAgent("AGT-001", "on_break");
    await lab.caller({ called: supportLine, number: "+254700000603", stay: 30_000 });
    const id = await board.begun("+254700000603");
    await board.fact(id, "position_told");
    const answer = await fetch(`${lab.api.url}/api/agents/AGT-010`, {
      method: "PATCH",
      headers: {
        authorization: `Bearer ${lab.api.token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ queues: ["support"] }),
    });
    expect(answer.status).toBe(200);
    const connected = await board.fact(id, "connected");
    expect(connected.data.agent_id).toBe("AGT-010");
    await board.fact(id, "ended");
    await lab.nothingLeft();
  });

  it("whose phone has vanished is unreachable within 5 s of its registration's end, and gets no call", async () => {
    const board = await lab.watch();
    const expiresS = 30;
    const phones = await lab.phones(["1001"], { ring: 50, then: "answer", expiresS });
    await lab.signIn("1001");
    const { at } = await phones.message(
      ({ method, status }) => method === "REGISTER" && status === 200,
    );
    // Before it registers again, and without a word.
    await phones.stop();
    const gone = of(
      "AGT-001",
      ({ device, presence }) => device === "unreachable" && presence === "available",
    );
    await board.next("the end of the registration", gone, (expiresS + 10) * 1_000);
    const afterMs = Date.now() - (at + expiresS * 1_000);
    expect(afterMs).toBeGreaterThan(-1_000);
    expect(afterMs).toBeLessThan(5_000);
    const number = "+254700000604";
    await lab.caller({ called: supportLine, number, stay: 30_000 });
    const id = await board.begun(number);
    await board.fact(id, "position_told");
    await lab.phones(["1002"], { ring: 50, then: "answer", talk: 300 });
    await lab.signIn("1002");
    await board.fact(id, "ended");
    await lab.nothingLeft();
    const rings = (await lab.api.call(id)).segments.filter(({ kind }) => kind === "ring");
    expect(rings.map(({ agent_id }) => agent_id)).toEqual(["AGT-002"]);
  });

  it("whose phone belongs to no call is hung up on, and the metrics tell of it", async () => {
    const phones = await lab.phones(["1001"], { ring: 50, then: "answer" });
    await lab.signIn("1001");
    const broken = async () => {
      const text = await (await lab.api.request("GET", "/metrics")).text();
      return /^kituo_invariant_violations_total\{invariant="phone_state"\} (\d+)$/m.exec(text)?.[1];
    };
    expect(await broken()).toBe("0");
    await forgotten(lab, "1001");
    await phones.message((message) => message.method === "ACK");
    await until("the end of the forgotten phone", async () => (await broken()) === "1");
    await lab.nothingLeft(2_000);
    await lab.available("1001");
  });
});

/** Rings a phone as a server does, for a call that nobody knows. */
async function forgotten(lab: Lab, extension: string): Promise<void> {
  const { secrets, ports } = lab.instance;
  const [application] = await lab.ari<{ name: string }[]>("GET", "applications");
  const login = `${secrets.site.ariUser}:${secrets.site.ariPassword}`;
  const query = `endpoint=PJSIP/${extension}&context=kituo-agent&extension=s&priority=1`;
  const answer = await fetch(`http://127.0.0.1:${ports.ari}/ari/channels/forgotten?${query}`, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from(login).toString("base64")}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({
      variables: Object.fromEntries(
        [
          ["KITUO_CALL", "CALL-FFFFFFFF"],
          ["KITUO_ROLE", "agent"],
          ["KITUO_APP", application?.name ?? ""],
        ].map(([name, value]) => [name, { value, report_events: true }]),
      ),
    }),
  });
  expect(answer.status).toBe(200);
}
