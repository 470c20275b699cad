import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asAgentId, asQueueName } from "../../src/domain/ids.ts";
import {
  callRecordingsSchema,
  recordingLinkSchema,
  recordingListSchema,
  recordingRemovedSchema,
} from "../../src/facade/contract/recording.ts";
import { type Harness, type RequestOptions, startHarness } from "./harness.ts";
import { Story } from "./story.ts";

let harness: Harness;
const bytes = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251);
const id = "CALL-00000001";

/** The call of the story, talked by AGT-001, with a conversation and a message whose name has a slash. */
beforeEach(async () => {
  harness = await startHarness();
  const { id: call } = await new Story(harness, id).until("ended");
  const entry = { call, bytes: 1_000, durationMs: 1_500, sha256: "abc", at: harness.now };
  const of = { queue: asQueueName("support"), agents: [asAgentId("AGT-001")] };
  harness.files.set("one.wav", bytes).set("message.wav", bytes.subarray(0, 10));
  const { recordings } = harness.deps.store;
  await recordings.save({
    ...entry,
    ...of,
    name: `${id}-1`,
    kind: "conversation",
    file: "one.wav",
  });
  const message = { ...entry, name: `${id}/message`, at: harness.now + 1, file: "message.wav" };
  await recordings.save({ ...message, kind: "voicemail" });
});
afterEach(() => harness.stop());

const ask = (method: string, path: string, options: RequestOptions = {}) =>
  harness.request(method, path, { as: "supervisor", ...options });
const codeOf = async (response: Response) => {
  const { code } = (await response.json()) as { code: string };
  return `${response.status} ${code}`;
};
const audits = (action: string) =>
  harness.logged.filter(({ fields }) => (fields as { audit?: string }).audit === action);

async function linkTo(body: object = {}, options: RequestOptions = {}) {
  const path = `/api/calls/${id}/recording/download`;
  const response = await ask("POST", path, { body, ...options });
  expect(response.status).toBe(200);
  return recordingLinkSchema.parse(await response.json());
}

describe("a link to a recording", () => {
  it("works without a token until its time is over, in ranges too", async () => {
    const link = await linkTo({ expires_in_seconds: 60 });
    expect(link.recording.name).toBe(`${id}-1`);
    expect(link.expires_at).toBe(
      new Date(Math.floor(harness.now / 1_000) * 1_000 + 60_000).toISOString(),
    );
    const heard = await harness.request("GET", link.url);
    expect(heard.status).toBe(200);
    expect(new Uint8Array(await heard.arrayBuffer())).toEqual(bytes);
    const part = await harness.request("GET", link.url, { headers: { Range: "bytes=10-19" } });
    expect(part.status).toBe(206);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20));
    harness.now += 60_000;
    expect(await codeOf(await harness.request("GET", link.url))).toBe("403 link_expired");
  });

  it("is refused when anything of it was changed", async () => {
    const { url } = await linkTo();
    const other = await linkTo({ name: `${id}/message` });
    const change = (key: string, value: string) => {
      const [path = "", query = ""] = url.split("?");
      const params = new URLSearchParams(query);
      params.set(key, value);
      return `${path}?${params.toString()}`;
    };
    const { signature = "" } = Object.fromEntries(new URLSearchParams(url.split("?")[1]));
    for (const forged of [
      change("expires", String(Math.floor(harness.now / 1_000) + 86_400)),
      change("expires", "1e15"),
      change("user", "a-admin"),
      change("signature", `${signature.slice(0, -2)}AA`),
      change("signature", "none"),
      `${other.url.split("?")[0]}?${url.split("?")[1]}`,
      `/api/recordings/none/signed?${url.split("?")[1]}`,
    ]) {
      expect(await codeOf(await harness.request("GET", forged)), forged).toBe("403 link_invalid");
    }
    for (const broken of [change("expires", "soon"), `${url}&signature=x`, url.split("?")[0] ?? ""])
      expect(await codeOf(await harness.request("GET", broken))).toBe("400 bad_request");
    const moved = await startHarness({ tokenSecret: "another secret of more than 32 characters" });
    expect(await codeOf(await moved.request("GET", url))).toBe("403 link_invalid");
    await moved.stop();
  });

  it("is made for who may hear the call, and each use is on record with who asked for it", async () => {
    const link = await linkTo({}, { as: "agent", agent: "AGT-001" });
    await harness.request("GET", link.url);
    const path = `/api/calls/${id}/recording/download`;
    expect((await ask("POST", path, { as: "agent", agent: "AGT-002" })).status).toBe(403);
    expect(audits("recording_link").map(({ fields }) => fields)).toMatchObject([
      { recording: `${id}-1`, user: "a-agent" },
      { recording: `${id}-1`, user: "a-agent", outcome: "refused" },
    ]);
    const { url } = await linkTo({ name: `${id}/message` });
    expect((await harness.request("GET", url)).status).toBe(200);
    const kept = await harness.deps.store.audit.list({ action: "recording_read", limit: 9 });
    expect(kept.map(({ by, object }) => [by, object])).toEqual([
      ["a-supervisor", `${id}/message`],
      ["a-agent", `${id}-1`],
    ]);
    // Whoever reads the log cannot hear the call.
    const { signature = "?" } = Object.fromEntries(new URLSearchParams(link.url.split("?")[1]));
    expect(JSON.stringify(harness.logged)).not.toContain(signature);
  });

  it("is not made for long, nor for what is not there", async () => {
    const path = `/api/calls/${id}/recording/download`;
    const codes = [];
    for (const body of [
      { expires_in_seconds: 86_400 },
      { expires_in_seconds: { $gt: "" } },
      { name: { $gt: "" } },
      { name: "none" },
    ]) {
      codes.push(await codeOf(await ask("POST", path, { body })));
    }
    expect(codes).toEqual([
      "400 bad_request",
      "400 bad_request",
      "400 bad_request",
      "404 not_found",
    ]);
  });
});

describe("a recording that is deleted", () => {
  it("is gone with all of the call, and says who did it", async () => {
    const { url } = await linkTo();
    const path = `/api/calls/${id}/recording`;
    const answer = await ask("DELETE", path);
    expect(answer.status).toBe(200);
    const { recordings } = recordingRemovedSchema.parse(await answer.json());
    expect(recordings.map(({ name }) => name)).toEqual([`${id}/message`, `${id}-1`]);
    expect(recordings[0]).toMatchObject({
      deleted_by: "a-supervisor",
      deleted_at: new Date(harness.now).toISOString(),
    });
    expect([...harness.files.keys()]).toEqual([]);
    for (const [method, where] of [
      ["GET", path],
      ["POST", `${path}/download`],
      ["DELETE", path],
      ["GET", `/api/recordings/${id}-1`],
      ["GET", url],
    ] as const) {
      expect(await codeOf(await ask(method, where)), where).toBe("410 recording_deleted");
    }
    expect(audits("recording_deleted").map(({ fields }) => fields)).toMatchObject([
      { recording: `${id}/message`, user: "a-supervisor" },
      { recording: `${id}-1`, user: "a-supervisor" },
    ]);
    const listed = await (await ask("GET", `/api/calls/${id}/recordings`)).json();
    expect(callRecordingsSchema.parse(listed).recordings).toEqual(recordings);
  });

  it("is one alone when it is named", async () => {
    const path = `/api/calls/${id}/recording`;
    const one = await ask("DELETE", `${path}?name=${encodeURIComponent(`${id}-1`)}`);
    expect(one.status).toBe(200);
    expect([...harness.files.keys()]).toEqual(["message.wav"]);
    const heard = await ask("GET", path);
    expect(new Uint8Array(await heard.arrayBuffer())).toHaveLength(10);
    expect(await codeOf(await ask("DELETE", `${path}?name=none`))).toBe("404 not_found");
  });

  it("is deleted by those in charge only", async () => {
    for (const as of ["agent", "viewer"] as const) {
      const response = await ask("DELETE", `/api/calls/${id}/recording`, { as, agent: "AGT-001" });
      expect(response.status).toBe(403);
    }
    expect(harness.files.size).toBe(2);
  });
});

describe("the list of recordings", () => {
  const list = async (query: string, options: RequestOptions = {}) => {
    const response = await ask("GET", `/api/recordings?${query}`, options);
    expect(response.status, query).toBe(200);
    const { recordings, next_cursor } = recordingListSchema.parse(await response.json());
    return { names: recordings.map(({ name }) => name), next_cursor };
  };

  it("is filtered, newest first, page by page", async () => {
    const [message, talk] = [`${id}/message`, `${id}-1`];
    const first = await list("limit=1");
    expect(first.names).toEqual([message]);
    const second = await list(`limit=1&cursor=${first.next_cursor}`);
    expect(second.names).toEqual([talk]);
    expect(await list(`limit=1&cursor=${second.next_cursor}`)).toEqual({
      names: [],
      next_cursor: null,
    });
    expect((await list("kind=voicemail")).names).toEqual([message]);
    expect((await list(`queue=support&agent=AGT-001&call_id=${id}`)).names).toEqual([talk]);
    expect((await list("agent=AGT-002")).names).toEqual([]);
    expect((await list("to=2026-11-20T08:00:00Z")).names).toEqual([]);
    expect((await list("deleted=true")).names).toEqual([]);
    const own = { as: "agent", agent: "AGT-001" } as const;
    expect((await list("", own)).names).toEqual([talk]);
    expect((await list("", { as: "agent", agent: "AGT-002" })).names).toEqual([]);
  });

  it("names what is wrong with what is asked for", async () => {
    for (const query of [
      "kind=music",
      "deleted=maybe",
      "queue=a&queue=b",
      "cursor=%00",
      "from=yesterday",
      "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
      "colour=red",
      `agent=${"x".repeat(1_000)}`,
    ]) {
      const response = await ask("GET", `/api/recordings?${query}`);
      const { faults } = (await response.json()) as { faults: string[] };
      expect([response.status, faults.length], query).toEqual([400, 1]);
      expect(faults[0]).toMatch(new RegExp(`^${query.split("=")[0]}`));
    }
  });
});
