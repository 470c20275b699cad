import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CallFact } from "../../src/domain/call-fact.ts";
import { asAgentId } from "../../src/domain/ids.ts";
import { type Harness, startHarness } from "./harness.ts";
import { PhoneReader } from "./reader.ts";
import { Story, wholeCall } from "./story.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.stop());

const signedInAs = async (agent: string): Promise<string> =>
  `&token=${await harness.tokenFor("agent", asAgentId(agent))}`;

/** Changes what Asterisk says of a phone, as the server does it: the desk, then the board. */
async function phoneIs(extension: string, device: "idle" | "unreachable"): Promise<void> {
  const agent = await harness.deps.desk.setDevice(extension, device, harness.now);
  if (agent === null) throw new Error(`nobody has ${extension}`);
  harness.deps.board.publish({ type: "agent", agent, at: harness.now });
}

describe("who may watch a telephone", () => {
  it("is its owner, and who answers for all", async () => {
    const own = new PhoneReader(harness, "1001", await signedInAs("AGT-001"));
    await own.first("snapshot");
    expect(await new PhoneReader(harness, "1002", await signedInAs("AGT-001")).refused).toBe(403);
    for (const role of ["supervisor", "admin"] as const) {
      const other = new PhoneReader(harness, "1001", `&token=${await harness.tokenFor(role)}`);
      await other.first("snapshot");
      await other.close();
    }
    const viewer = `&token=${await harness.tokenFor("viewer")}`;
    expect(await new PhoneReader(harness, "1001", viewer).refused).toBe(403);
    await own.close();
  });

  it("is refused with a word for an extension that nobody has, or that is none", async () => {
    const token = `&token=${await harness.tokenFor("admin")}`;
    expect(await new PhoneReader(harness, "1020", token).refused).toBe(404);
    expect(await new PhoneReader(harness, "one", token).refused).toBe(400);
    expect(await new PhoneReader(harness, "1001", "&token=x.y.z").refused).toBe(401);
  });

  it("is not who has a token of less in the end", async () => {
    const own = new PhoneReader(harness, "1001", await signedInAs("AGT-001"));
    await own.first("snapshot");
    const other = await harness.tokenFor("agent", asAgentId("AGT-002"));
    own.socket.send(JSON.stringify({ type: "auth", token: other }));
    expect(await own.closed).toBe(4403);
  });
});

describe("a telephone is told", () => {
  it("that it rings, and what becomes of its call, and of no other", async () => {
    const own = new PhoneReader(harness, "1001", await signedInAs("AGT-001"));
    const other = new PhoneReader(harness, "1002", await signedInAs("AGT-002"));
    await Promise.all([own.first("snapshot"), other.first("snapshot")]);
    const story = await new Story(harness, "CALL-00000001").until("offered");
    const incoming = await own.first("call:incoming");
    expect(incoming.data).toMatchObject({
      call_id: story.id,
      phone_number: "+254711000001",
      customer_name: "John Doe",
      status: "ringing",
      part: "ringing",
    });
    await story.until("ended");
    await own.until(() => own.updates.some(({ data }) => "part" in data && data.part === "none"));
    const parts = own.updates.flatMap((update) =>
      update.type === "call:status" ? [`${update.data.status} ${update.data.part}`] : [],
    );
    expect([...new Set(parts)]).toEqual(["ringing ringing", "in_progress talking", "ended none"]);
    expect(own.updates.map(({ seq }) => seq)).toEqual(own.updates.map((_, index) => index + 1));
    expect(other.types).toEqual(["hello", "snapshot"]);
    await Promise.all([own.close(), other.close()]);
  });

  it("that somebody else was quicker", async () => {
    const offered = wholeCall.find(({ type }) => type === "offered") as CallFact & {
      type: "offered";
    };
    const beside: CallFact = { ...offered, agent: asAgentId("AGT-002"), extension: "1002" };
    const facts = wholeCall.flatMap((fact): CallFact[] => {
      if (fact.type === "offered") return [fact, beside];
      if (fact.type !== "connected") return [fact];
      const agent = asAgentId("AGT-002");
      return [fact, { type: "offer_ended", agent, outcome: "answered_elsewhere" }];
    });
    const slower = new PhoneReader(harness, "1002", await signedInAs("AGT-002"));
    await slower.first("snapshot");
    await new Story(harness, "CALL-00000001", facts).until("ended");
    await slower.first("call:incoming");
    await slower.until(() =>
      slower.updates.some(({ data }) => "part" in data && data.part === "none"),
    );
    await slower.close();
  });

  it("who comes and goes", async () => {
    const own = new PhoneReader(harness, "1001", await signedInAs("AGT-001"));
    const { data } = await own.first("snapshot");
    expect(data.users.map(({ extension, online }) => `${extension} ${online}`)).toEqual([
      "1001 false",
      "1002 false",
      "1003 false",
    ]);
    await phoneIs("1002", "idle");
    expect((await own.first("user:online")).data).toMatchObject({
      agent_id: "AGT-002",
      name: "Brian Kiprotich",
      extension: "1002",
      online: true,
    });
    // A break is no news of her phone.
    await harness.deps.setPresence(asAgentId("AGT-002"), { is: "paused", reason: "tea" });
    await phoneIs("1002", "unreachable");
    expect((await own.first("user:offline")).data).toMatchObject({ extension: "1002" });
    expect(own.types).toEqual(["hello", "snapshot", "user:online", "user:offline"]);
    await own.close();
  });

  it("at first which calls are its own, and later what it has missed", async () => {
    const story = await new Story(harness, "CALL-00000001").until("offered");
    const before = new PhoneReader(harness, "1001", await signedInAs("AGT-001"));
    const { data } = await before.first("snapshot");
    expect(data.agent.extension).toBe("1001");
    expect(data.calls.map(({ call_id, part }) => `${call_id} ${part}`)).toEqual([
      `${story.id} ringing`,
    ]);
    await before.close();
    await story.until("ended");
    const after = new PhoneReader(
      harness,
      "1001",
      `${await signedInAs("AGT-001")}&resume=${before.mark}`,
    );
    await after.until(() =>
      after.updates.some(({ data }) => "part" in data && data.part === "none"),
    );
    expect(after.types).not.toContain("snapshot");
    expect(after.types).not.toContain("call:incoming");
    await after.close();
  });
});
