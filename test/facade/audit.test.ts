import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KituoError } from "../../src/domain/errors.ts";
import { asAgentId } from "../../src/domain/ids.ts";
import { auditListSchema, type WireAuditEntry } from "../../src/facade/contract/audit.ts";
import { type Harness, startHarness } from "./harness.ts";
import { addUser, Person } from "./person.ts";
import { Story } from "./story.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.stop());

async function trail(query = ""): Promise<WireAuditEntry[]> {
  const response = await harness.request("GET", `/api/audit${query}`, { as: "admin" });
  expect(response.status).toBe(200);
  return auditListSchema.parse(await response.json()).entries;
}
const told = (entries: readonly WireAuditEntry[]) =>
  entries.map(({ by, action, object, outcome }) => `${by} ${action} ${object} ${outcome}`);

describe("the audit trail", () => {
  it("says who signed in and out, from where, and who tried", async () => {
    await addUser(harness, { username: "amina", role: "viewer" });
    const amina = new Person(harness, "amina");
    await amina.signIn("wrong");
    await new Person(harness, "my-pass-phrase").signIn("amina");
    await amina.signIn();
    await amina.ask("POST", "/api/auth/logout");
    const entries = await trail("?object=amina");
    expect(told(entries)).toEqual([
      "amina signed_out amina done",
      "amina signed_in amina done",
      "amina signed_in amina refused",
    ]);
    expect(entries[0]).toMatchObject({ address: expect.stringContaining("127.0.0.1") });
    expect(entries[0]?.at).toBe(new Date(harness.now).toISOString());
    // Nor what may be a password that was typed in the wrong place.
    expect(JSON.stringify(await trail())).not.toMatch(/wrong|my-pass-phrase/);
    expect(told(await trail("?by=unknown"))).toEqual(["unknown signed_in unknown refused"]);
  });

  it("says who read what was said and heard, and who was not let", async () => {
    const story = await new Story(harness, "CALL-00000001").until("ended");
    harness.files.set("one.wav", new Uint8Array(44));
    const name = `${story.id}-1`;
    const entry = { name, call: story.id, kind: "conversation", file: "one.wav" } as const;
    const more = { bytes: 44, durationMs: 1, sha256: "abc", at: harness.now };
    await harness.deps.store.recordings.save({ ...entry, ...more });
    const hear = (agent: string) =>
      harness.request("GET", `/api/recordings/${name}`, { as: "agent", agent });
    expect([(await hear("AGT-001")).status, (await hear("AGT-003")).status]).toEqual([200, 403]);
    await harness.request("GET", `/api/transcripts/${story.id}`, { as: "supervisor" });
    expect(told(await trail())).toEqual([
      `a-supervisor transcript_read ${story.id} done`,
      `a-agent recording_read ${name} refused`,
      `a-agent recording_read ${name} done`,
    ]);
  });

  it("says who changed users and keys, without a secret", async () => {
    const post = (path: string, body: object) =>
      harness.request("POST", path, { as: "admin", body });
    await post("/api/users", { username: "v1", role: "viewer", password: "the secret word" });
    const patch = { as: "admin", body: { password: "another secret word" } } as const;
    await harness.request("PATCH", "/api/users/v1", patch);
    const key = await post("/api/keys", { name: "CRM", scopes: ["calls:read"] });
    const { api_key } = (await key.json()) as { api_key: { key_id: string } };
    await harness.request("DELETE", `/api/keys/${api_key.key_id}`, { as: "admin" });
    await harness.request("DELETE", "/api/users/v1", { as: "admin" });
    const entries = await trail("?by=a-admin");
    expect(told(entries)).toEqual([
      "a-admin user_removed v1 done",
      `a-admin key_revoked ${api_key.key_id} done`,
      `a-admin key_created ${api_key.key_id} done`,
      "a-admin user_changed v1 done",
      "a-admin user_created v1 done",
    ]);
    expect(JSON.stringify([entries, harness.logged])).not.toContain("secret word");
  });

  it("says who set the status of somebody else, and a key by its id", async () => {
    const path = "/api/agents/AGT-001/status";
    const body = { status: "available" };
    await harness.request("PATCH", path, { as: "agent", agent: "AGT-001", body });
    await harness.request("PATCH", path, { as: "supervisor", body });
    const scopes = ["agents:write"];
    const made = await harness.request("POST", "/api/keys", {
      as: "admin",
      body: { name: "CRM", scopes },
    });
    const { key, api_key } = (await made.json()) as { key: string; api_key: { key_id: string } };
    await harness.request("PATCH", path, { headers: { "X-API-Key": key }, body });
    expect(told(await trail("?action=agent_status"))).toEqual([
      `key:${api_key.key_id} agent_status AGT-001 done`,
      "a-supervisor agent_status AGT-001 done",
    ]);
  });

  it("is read in pages, filtered, and refused when the filter is wrong", async () => {
    for (let count = 0; count < 7; count += 1) {
      if (count % 2 === 0) harness.now += 1_000;
      await harness.request("GET", `/api/transcripts/CALL-0000000${count}`, { as: "supervisor" });
      const story = new Story(harness, `CALL-1000000${count}`);
      await story.until("ended");
      await harness.request("GET", `/api/transcripts/${story.id}`, { as: "supervisor" });
    }
    const all = await trail();
    expect(all).toHaveLength(7);
    const seen: WireAuditEntry[] = [];
    let cursor = "";
    for (;;) {
      const page = await harness.request("GET", `/api/audit?limit=3${cursor}`, { as: "admin" });
      const { entries, next_before, next_before_id } = auditListSchema.parse(await page.json());
      seen.push(...entries);
      if (next_before === null) break;
      cursor = `&before=${next_before}&before_id=${next_before_id}`;
    }
    expect(seen).toEqual(all);
    const since = all[2]?.at ?? "";
    expect(await trail(`?since=${since}&object=${all[1]?.object}`)).toEqual([all[1]]);
    expect(await trail("?outcome=refused")).toEqual([]);
    const wrong = await harness.request("GET", "/api/audit?action=danced&since=then&who=me", {
      as: "admin",
    });
    const { faults } = (await wrong.json()) as { faults: string[] };
    expect(new Set(faults.map((fault) => fault.split(":")[0]))).toEqual(
      new Set(["action", "since", "who"]),
    );
  });

  it("gets what was done while the store was away, and nothing waits for it", async () => {
    const { store } = harness.deps;
    let isAway = true;
    const away = await startHarness({
      store: {
        ...store,
        audit: {
          ...store.audit,
          append: (entry) =>
            isAway
              ? Promise.reject(new KituoError("store_down", "the history is away"))
              : store.audit.append(entry),
        },
      },
    });
    const body = { queues: ["support"] };
    const change = () => away.request("PATCH", "/api/agents/AGT-001", { as: "admin", body });
    expect((await change()).status).toBe(200);
    expect((await change()).status).toBe(200);
    expect(await trail()).toEqual([]);
    const [line] = away.logged.filter(({ fields }) => "audit" in fields);
    expect(line?.fields).toMatchObject({ audit: "agent_duties", agent: asAgentId("AGT-001") });
    isAway = false;
    await change();
    expect(await trail()).toHaveLength(3);
    await away.stop();
  });
});
