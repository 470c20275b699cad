import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asCallId } from "../../src/domain/ids.ts";
import { callDetailSchema } from "../../src/facade/contract/call.ts";
import { ticketDetailSchema } from "../../src/facade/contract/ticket.ts";
import { ticketFor } from "../conformance/store/examples.ts";
import { type Harness, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

let harness: Harness;
const bytes = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251);
const id = "CALL-00000001";
const path = `/api/calls/${id}/recording`;

beforeAll(async () => {
  harness = await startHarness();
  const story = await new Story(harness, id).until("ended");
  harness.files.set("2026/one.wav", bytes);
  const entry = {
    call: story.id,
    bytes: bytes.length,
    durationMs: 1_500,
    sha256: "abc",
    at: harness.now,
  };
  await harness.deps.store.recordings.save({
    ...entry,
    name: "CALL-00000001-1",
    kind: "conversation",
    file: "2026/one.wav",
  });
  await harness.deps.store.recordings.save({
    ...entry,
    name: "CALL-00000001-lost",
    kind: "voicemail",
    file: "2026/lost.wav",
  });
});
afterAll(() => harness.stop());

const get = (where: string, headers: Record<string, string> = {}) =>
  harness.request("GET", where, { as: "supervisor", headers });
const heard = async (response: Response) => new Uint8Array(await response.arrayBuffer());

describe("recordings", () => {
  it("are listed with their call and can be fetched where it says", async () => {
    const call = callDetailSchema.parse(await (await get(`/api/calls/${id}`)).json());
    const recording = call.recordings.find(({ kind }) => kind === "conversation");
    expect(recording).toMatchObject({ bytes: 1_000, duration_seconds: 1.5, sha256: "abc" });
    const response = await get(recording?.url ?? "");
    expect(response.headers.get("content-type")).toBe("audio/wav");
    expect(await heard(response)).toEqual(bytes);
  });

  it("of a message are named by the ticket that it opened", async () => {
    const opened = await harness.deps.store.tickets.open(
      ticketFor(asCallId(id), "voicemail"),
      harness.now,
    );
    harness.files.set("2026/message.wav", bytes);
    await harness.deps.store.recordings.save({
      name: `${id}/message`,
      call: asCallId(id),
      kind: "voicemail",
      file: "2026/message.wav",
      bytes: bytes.length,
      durationMs: 1_500,
      sha256: "abc",
      at: harness.now,
    });
    const answer = await get(`/api/tickets/${opened.id}`);
    const ticket = ticketDetailSchema.parse(await answer.json());
    expect(ticket.recording).toBe(`${id}/message`);
    expect(await heard(await get(ticket.recording_url ?? ""))).toEqual(bytes);
  });

  it("come whole, with a name to save them under", async () => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get("accept-ranges")).toBe("bytes");
    expect(response.headers.get("content-length")).toBe("1000");
    expect(response.headers.get("content-disposition")).toBe(
      'attachment; filename="CALL-00000001-conversation.wav"',
    );
    expect(await heard(response)).toEqual(bytes);
  });

  it("come in the range that was asked for", async () => {
    for (const [range, from, to] of [
      ["bytes=0-99", 0, 99],
      ["bytes=990-", 990, 999],
      ["bytes=-10", 990, 999],
      ["bytes=900-5000", 900, 999],
    ] as const) {
      const response = await get(path, { Range: range });
      expect(response.status, range).toBe(206);
      expect(response.headers.get("content-range")).toBe(`bytes ${from}-${to}/1000`);
      expect(await heard(response)).toEqual(bytes.subarray(from, to + 1));
    }
  });

  it("come whole when the range is none, many, or of another version", async () => {
    for (const headers of [
      { Range: "bananas=1-2" },
      { Range: "bytes=0-1,5-6" },
      { Range: "bytes=0-1", "If-Range": '"other"' },
    ]) {
      const response = await get(path, headers);
      expect(response.status).toBe(200);
      expect(await heard(response)).toHaveLength(1_000);
    }
    const outside = await get(path, { Range: "bytes=1000-" });
    expect(outside.status).toBe(416);
    expect(outside.headers.get("content-range")).toBe("bytes */1000");
    expect(await outside.json()).toMatchObject({ code: "range_not_satisfiable" });
  });

  it("are heard by the agent who talked and by no other; each hearing is on record", async () => {
    const as = (agent: string) => harness.request("GET", path, { as: "agent", agent });
    expect((await as("AGT-001")).status).toBe(200);
    expect((await as("AGT-002")).status).toBe(403);
    const audit = harness.logged.filter(({ message }) => message === "recording read");
    expect(audit.at(-1)?.fields).toMatchObject({ call: id, user: "a-agent" });
  });

  it("say why when there is none", async () => {
    const detail = async (where: string) => {
      const response = await get(where);
      expect(response.status).toBe(404);
      return ((await response.json()) as { detail: string }).detail;
    };
    await new Story(harness, "CALL-00000002").until("connected");
    await new Story(harness, "CALL-00000003").until("ended");
    expect(await detail("/api/calls/CALL-00000002/recording")).toContain("is live");
    expect(await detail("/api/calls/CALL-00000003/recording")).toContain("no recording");
    expect(await detail("/api/calls/CALL-NONE/recording")).toContain("no such call");
    expect(await detail("/api/recordings/none")).toContain("no such recording");
    expect(await detail("/api/recordings/CALL-00000001-lost")).toContain("gone");
    expect(await detail(`/api/recordings/${encodeURIComponent("../../etc/passwd")}`)).toContain(
      "no such recording",
    );
  });
});
