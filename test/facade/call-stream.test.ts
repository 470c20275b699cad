import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closeCodes } from "../../src/facade/contract/updates.ts";
import { type Harness, startHarness } from "./harness.ts";
import { CallReader } from "./reader.ts";
import { Story } from "./story.ts";

let harness: Harness;
let token: string;
beforeEach(async () => {
  harness = await startHarness();
  token = await harness.tokenFor("viewer");
});
afterEach(() => harness.stop());

const statuses = (reader: CallReader): string[] =>
  reader.updates.flatMap((update) =>
    update.type === "call_initiated" || update.type === "call_update" ? [update.data.status] : [],
  );

describe("the stream of one call", () => {
  it("tells each change of its status, then where its recording is, and is closed", async () => {
    const other = new Story(harness, "CALL-00000002");
    const story = await new Story(harness, "CALL-00000001").until("started");
    const listener = new CallReader(harness, story.id, `?token=${token}`);
    expect((await listener.first("call_initiated")).data).toMatchObject({
      session_id: story.id,
      call_id: story.id,
      status: "queued",
      phone_number: "+254711000001",
      customer_name: "John Doe",
      recording_url: null,
      duration: null,
    });
    await story.until("recording_ended");
    await other.until("queued");
    await story.until("ended");
    expect(await listener.closed).toBe(closeCodes.done);
    expect([...new Set(statuses(listener))]).toEqual([
      "queued",
      "ringing",
      "in-progress",
      "completed",
    ]);
    const last = listener.updates.at(-1);
    expect(last?.data).toMatchObject({
      status: "completed",
      recording_url: "/api/recordings/CALL-00000001-1",
      duration: (story.state.lastAt - story.state.startedAt) / 1_000,
      ending: { result: "completed", reason: "talked", by: "caller" },
    });
    expect(JSON.stringify(listener.updates)).not.toContain(other.id);
    expect(listener.updates.map(({ seq }) => seq)).toEqual(
      listener.updates.map((_, index) => index + 1),
    );
    // Of the facts between, only what changes something in these words is told.
    const told = listener.updates.slice(1).map(({ data }) => JSON.stringify(data));
    expect(new Set(told).size).toBe(told.length);
  });

  it("is there from the moment on at which the board has heard of the call", async () => {
    const story = new Story(harness, "CALL-00000001");
    story.publishNext(); // The desk has not heard of it.
    const listener = new CallReader(harness, story.id, `?token=${token}`);
    await listener.first("call_initiated");
    await listener.close();
  });

  it("of a call that is over is how it ended", async () => {
    const story = await new Story(harness, "CALL-00000001").until("ended");
    await harness.deps.desk.removeCall(story.id);
    const late = new CallReader(harness, story.id, `?token=${token}`);
    expect(await late.closed).toBe(closeCodes.done);
    expect(late.types).toEqual(["hello", "call_initiated", "call_update"]);
    expect(late.updates.at(-1)?.data).toMatchObject({ status: "completed" });
  });

  it("tells who comes back what was missed", async () => {
    const story = await new Story(harness, "CALL-00000001").until("queued");
    const before = new CallReader(harness, story.id, `?token=${token}`);
    await before.first("call_initiated");
    await before.close();
    await story.until("connected");
    const after = new CallReader(harness, story.id, `?token=${token}&resume=${before.mark}`);
    await after.until(() => statuses(after).includes("in-progress"));
    expect(statuses(after)).toContain("ringing");
    expect(after.types).not.toContain("call_initiated");
    await after.close();
  });

  it("is not there for a call that is not, and not for strangers", async () => {
    const story = await new Story(harness, "CALL-00000001").until("queued");
    expect(await new CallReader(harness, "CALL-404", `?token=${token}`).refused).toBe(404);
    expect(await new CallReader(harness, story.id, "?token=x.y.z").refused).toBe(401);
    // Whoever has not said who it is does not learn which calls there are.
    for (const id of [story.id, "CALL-404"]) {
      const stranger = new CallReader(harness, id, "");
      stranger.socket.once("open", () => stranger.socket.send("{}"));
      expect(await stranger.closed).toBe(closeCodes.notSignedIn);
      expect(stranger.updates).toEqual([]);
    }
    const known = new CallReader(harness, "CALL-404", "");
    known.socket.once("open", () => known.socket.send(JSON.stringify({ type: "auth", token })));
    expect(await known.closed).toBe(closeCodes.notFound);
  });
});
