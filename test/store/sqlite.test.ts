import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { begin } from "../../src/domain/call.ts";
import type { CallEvent } from "../../src/domain/call-fact.ts";
import { asAgentId, asCallId, asChannelId } from "../../src/domain/ids.ts";
import { searchWordsOf } from "../../src/domain/search.ts";
import type { NewTicket, Store } from "../../src/ports/store.ts";
import { openDatabase } from "../../src/store/sqlite/database.ts";
import { migrations } from "../../src/store/sqlite/migrations.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";

let folder: string;
let file: string;
const open: Store[] = [];

async function started(path = file): Promise<Store> {
  const store = openSqliteStore({ file: path });
  await store.start();
  open.push(store);
  return store;
}

async function refusal(path = file): Promise<unknown> {
  return await openSqliteStore({ file: path })
    .start()
    .catch((error: unknown) => error);
}

const answered = (call: string, seq: number): CallEvent => ({
  type: "answered",
  call: asCallId(call),
  seq,
  at: 1_763_625_600_000,
});

const ticket: NewTicket = {
  subject: "Call back",
  description: "",
  priority: "low",
  department: null,
  assignee: null,
  customerName: "",
  customerPhone: "",
  call: null,
  recording: null,
  source: "api",
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kituo-sqlite-"));
  file = join(folder, "history.db");
});
afterEach(async () => {
  for (const store of open.splice(0)) await store.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("a new SQLite store", () => {
  it("makes its file in a folder that is not there yet, readable by its owner alone", async () => {
    const path = join(folder, "var", "deep", "history.db");
    await started(path);
    for (const each of [path, `${path}-wal`, `${path}-shm`]) {
      expect((await stat(each)).mode & 0o077).toBe(0);
    }
  });

  it("numbers the ten thousandth ticket of a day after the one before", async () => {
    const store = await started();
    const now = Date.UTC(2026, 10, 20);
    await Promise.all(Array.from({ length: 9_999 }, () => store.tickets.open(ticket, now)));
    const next = [await store.tickets.open(ticket, now), await store.tickets.open(ticket, now)];
    expect(next.map(({ id }) => id)).toEqual(["TKT-20261120-10000", "TKT-20261120-10001"]);
    expect(await store.tickets.list({ limit: 2 })).toEqual(next.reverse());
  });
});

describe("the schema of a SQLite database", () => {
  it("names lines that were kept before lines had keys", async () => {
    const before = openDatabase(file, migrations.slice(0, 1));
    const insert = before.prepare(
      "INSERT INTO transcript_lines VALUES ('CALL-00000001', ?, 'bot', 'Karibu', NULL, 1, 'menu')",
    );
    for (const seq of [1, 2]) insert.run(seq);
    before.close();
    const store = await started();
    const call = asCallId("CALL-00000001");
    const lines = await store.transcripts.list(call);
    expect(lines.map(({ key }) => key)).toEqual(["old/1", "old/2"]);
    expect(await store.transcripts.append(call, lines)).toEqual(lines);
  });

  it("brings customers forward who had one number each, and gives none of their ids away", async () => {
    const before = openDatabase(file, migrations.slice(0, 6));
    const insert = before.prepare("INSERT INTO customers VALUES (?, ?, ?, ?, ?)");
    insert.run(1, "CUST-001", "+254711000001", "ÉMILE", 1);
    insert.run(2, "CUST-002", "+254711000002", "", 2);
    before.close();
    const { customers } = await started();
    const [found] = await customers.list({ name: "émile", limit: 9 });
    expect(found).toMatchObject({
      id: "CUST-001",
      phones: ["+254711000001"],
      version: 1,
      tags: [],
    });
    expect(await customers.byPhone("+254711000002")).toMatchObject({
      id: "CUST-002",
      updatedAt: 2,
    });
    expect((await customers.ensure("+254711000003", "", 3)).id).toBe("CUST-003");
  });

  it("lets a call that was kept before calls had all of today's fields be read", async () => {
    const store = await started();
    const database = new DatabaseSync(file);
    const id = asCallId("CALL-00000001");
    const today = begin({
      type: "started",
      direction: "inbound",
      caller: "",
      callerName: "",
      dialled: "",
      channel: asChannelId("channel-1"),
      call: id,
      seq: 1,
      at: 1,
    });
    const { position: _, bridge: __, agentChannel: ___, ...before } = today;
    const insert = database.prepare("INSERT INTO calls (id, seq, state) VALUES (?, 1, ?)");
    insert.run(id, JSON.stringify(before));
    database.close();
    expect((await store.calls.get(id))?.state).toEqual(today);
  });

  it("finds tickets and recordings of before by what they are found by today", async () => {
    const before = openDatabase(
      file,
      migrations.slice(
        0,
        migrations.findIndex((step) => step.includes("ticket_tags")),
      ),
    );
    before.exec(`
      INSERT INTO tickets (id, day, number, subject, description, status, priority, customer_name,
        customer_phone, source, notes, created_at, updated_at)
        VALUES ('TKT-20261120-0001', '20261120', 1, 'S', '', 'open', 'high', '', '', 'api',
          '[{"at":1,"text":"Called","by":"amina"}]', 1, 2);
      INSERT INTO calls (id, seq, state) VALUES ('CALL-1', 2, '{"queue":"support"}');
      INSERT INTO call_events VALUES ('CALL-1', 1, 1, 'connected', '{"agent":"AGT-001"}');
      INSERT INTO call_events VALUES ('CALL-1', 2, 1, 'connected', '{"agent":"AGT-001"}');
      INSERT INTO recordings VALUES ('one', 'CALL-1', 'conversation', 'one.wav', 1, 1, 'abc', 1)`);
    before.close();
    const store = await started();
    const sort = { by: "priority", descending: true } as const;
    expect(await store.tickets.list({ sort, limit: 5 })).toMatchObject([
      { tags: [], dueAt: null, notes: [{ text: "Called", visibility: "private" }] },
    ]);
    const agent = asAgentId("AGT-001");
    expect(await store.recordings.list({ agent, limit: 5 })).toMatchObject([
      { name: "one", queue: "support", agents: [agent], deleted: null },
    ]);
  });

  it("searches lines of before, however many were said at once, and follows what is changed and removed", async () => {
    const before = openDatabase(
      file,
      migrations.slice(
        0,
        migrations.findIndex((step) => step.includes("fts5")),
      ),
    );
    before.exec(`
      INSERT INTO transcript_lines (call, seq, key, speaker, content, language, at, source)
        WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 2500)
        SELECT 'CALL-1', n, n, 'bot', 'Ng''ombe MOJA ' || n, NULL, 5 + n / 2400, 'menu' FROM many`);
    before.close();
    const store = await started();
    const call = asCallId("CALL-1");
    const search = async (query: string) => {
      const found = await store.transcripts.search({ words: searchWordsOf(query), limit: 500 });
      return found.map(({ seq }) => seq);
    };
    expect((await search("moja")).slice(0, 2)).toEqual([2_500, 2_499]);
    expect(await search("moja 17")).toEqual([17]);
    // More than fit into a millisecond, and then one that was said at a time which they have taken up.
    const line = { speaker: "bot", language: null, source: "menu", at: 5 } as const;
    const late = Array.from({ length: 1_200 }, (_, index) => `mbili ${index}`);
    await store.transcripts.append(
      call,
      [...late, "tatu"].map((content) => ({ ...line, key: content, content })),
    );
    expect(await search("mbili 1199")).toEqual([3_700]);
    expect(await search("tatu")).toEqual([3_701]);
    const database = openDatabase(file);
    database.exec("UPDATE transcript_lines SET content = '[erased]' WHERE seq = 17");
    database.exec("DELETE FROM transcript_lines WHERE seq = 3701");
    database.close();
    expect([await search("moja 17"), await search("erased"), await search("tatu")]).toEqual([
      [],
      [17],
      [],
    ]);
  });

  const first = "CREATE TABLE one (a TEXT)";
  const second = "ALTER TABLE one ADD COLUMN b TEXT; UPDATE one SET b = a || '!'";

  it("is brought forward step by step and keeps what is there", () => {
    const before = openDatabase(file, [first]);
    before.exec("INSERT INTO one VALUES ('kept')");
    before.close();
    const after = openDatabase(file, [first, second]);
    expect(after.prepare("SELECT a, b FROM one").all()).toEqual([{ a: "kept", b: "kept!" }]);
    expect(after.prepare("PRAGMA user_version").get()).toEqual({ user_version: 2 });
    after.close();
  });

  it("stays at the step before when a step fails", () => {
    openDatabase(file, [first]).close();
    const broken = `${second}; INSERT INTO no_such_table VALUES (1)`;
    expect(() => openDatabase(file, [first, broken])).toThrow(/no_such_table/);
    const after = openDatabase(file, [first]);
    expect(after.prepare("SELECT * FROM one").columns()).toHaveLength(1);
    after.close();
  });

  it("is refused, and left alone, when a newer Kituo wrote it", async () => {
    openDatabase(file, [...migrations, "CREATE TABLE of_tomorrow (a TEXT)"]).close();
    const bytes = await readFile(file);
    const versions = new RegExp(
      `newer Kituo \\(schema ${migrations.length + 1}, .* ${migrations.length}\\)`,
    );
    expect(await refusal()).toMatchObject({
      code: "store_down",
      message: expect.stringMatching(versions),
    });
    expect(await readFile(file)).toEqual(bytes);
  });

  it("is refused, and left alone, when it is another program's", async () => {
    const other = new DatabaseSync(file);
    other.exec("CREATE TABLE theirs (a TEXT)");
    other.close();
    const bytes = await readFile(file);
    expect(await refusal()).toMatchObject({
      code: "store_down",
      message: expect.stringContaining("another program"),
    });
    expect(await readFile(file)).toEqual(bytes);
  });
});

describe("a SQLite file that cannot be used", () => {
  it("is told to be no database, and left as it is", async () => {
    await writeFile(file, randomBytes(8_192));
    const bytes = await readFile(file);
    const error = await refusal();
    expect(error).toMatchObject({
      code: "store_down",
      message: expect.stringContaining("damaged"),
    });
    expect(error).toHaveProperty("message", expect.stringContaining(file));
    expect(await readFile(file)).toEqual(bytes);
  });

  it("is told to be damaged when pages in its middle are, and left as it is", async () => {
    const store = await started();
    const events = Array.from({ length: 2_000 }, (_, index) =>
      answered("CALL-00000001", index + 1),
    );
    await store.calls.append(events, []);
    await store.stop();
    const bytes = await readFile(file);
    bytes.fill(0xee, bytes.length - 40_000, bytes.length - 8_000);
    await writeFile(file, bytes);
    expect(await refusal()).toMatchObject({
      code: "store_down",
      message: expect.stringContaining("damaged"),
    });
    expect(await readFile(file)).toEqual(bytes);
  });

  it("is told when its folder is a file", async () => {
    await writeFile(join(folder, "plain"), "");
    expect(await refusal(join(folder, "plain", "history.db"))).toMatchObject({
      code: "store_down",
    });
  });

  it("is told by the record and field when somebody wrote nonsense into it", async () => {
    const store = await started();
    const database = new DatabaseSync(file);
    database.exec(
      "INSERT INTO users (username, role, password_hash, created_at) VALUES ('amina', 'emperor', '', 1)",
    );
    database.close();
    await expect(store.users.get("amina")).rejects.toMatchObject({
      code: "internal",
      faults: [expect.stringContaining("role")],
    });
  });
});

describe("writing to SQLite", () => {
  it("changes and removes nothing of the audit trail, whoever asks", async () => {
    const store = await started();
    const entry = { by: "amina", address: "::1", action: "signed_in", object: "amina" };
    await store.audit.append({ id: "AUD-1", at: 1, ...entry, outcome: "done", detail: {} });
    const database = new DatabaseSync(file);
    for (const statement of ["UPDATE audit SET by = 'brian'", "DELETE FROM audit"]) {
      expect(() => database.exec(statement)).toThrow("append only");
    }
    database.close();
    expect(await store.audit.list({ limit: 1 })).toMatchObject([entry]);
  });

  it("writes the states with the facts that they follow from, or neither", async () => {
    const store = await started();
    const call = asCallId("CALL-00000001");
    const state = begin({
      type: "started",
      call,
      seq: 1,
      at: 1_763_625_600_000,
      direction: "inbound",
      caller: "",
      callerName: "",
      dialled: "",
      channel: asChannelId("in-1"),
    });
    // More than one turn of the event loop may take: facts that are asked for alone are torn apart here.
    const many = Array.from({ length: 20_000 }, (_, index) => answered(call, index + 2));
    const writing = store.calls.append(many, [state]);
    const other = new DatabaseSync(file, { readOnly: true });
    const count = other.prepare(
      "SELECT (SELECT COUNT(*) FROM call_events) AS facts, (SELECT COUNT(*) FROM calls) AS states",
    );
    await expect.poll(() => count.get(), { interval: 1 }).not.toEqual({ facts: 0, states: 0 });
    expect(count.get()).toEqual({ facts: 20_000, states: 1 });
    await writing;
    other.close();
  });

  it("fails alone when one of many writes asked for at once cannot be done", async () => {
    const store = await started();
    const bad = { ...answered("CALL-00000002", 1), type: null } as unknown as CallEvent;
    const results = await Promise.allSettled([
      store.calls.append([answered("CALL-00000001", 1)], []),
      store.calls.append([bad], []),
      store.agents.save([
        { id: asAgentId("AGT-001"), name: "Amina", extension: "1001", queues: [] },
      ]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await store.agents.list()).toHaveLength(1);
  });

  it("tells a record that cannot be kept from a store that cannot be reached", async () => {
    const store = await started();
    const bad = { ...answered("CALL-00000002", 1), type: null } as unknown as CallEvent;
    const odd = { ...answered("CALL-00000002", 1), at: {} } as unknown as CallEvent;
    for (const event of [bad, odd]) {
      await expect(store.calls.append([event], [])).rejects.toMatchObject({ code: "internal" });
    }
  });

  it("waits, without keeping the event loop, while another process holds the database", async () => {
    const store = await started();
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    let settled = false;
    const write = store.tickets.open(ticket, 0).finally(() => {
      settled = true;
    });
    const until = performance.now() + 300;
    while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
    delay.disable();
    expect(settled).toBe(false);
    expect(delay.max / 1e6).toBeLessThan(250);
    other.exec("COMMIT");
    other.close();
    expect((await write).id).toBe("TKT-19700101-0001");
  });

  it("has on disk all that settled when the process is killed", async () => {
    const url = new URL("../../src/store/sqlite/store.ts", import.meta.url).href;
    const script = `
      import { openSqliteStore } from ${JSON.stringify(url)};
      const store = openSqliteStore({ file: process.argv[1] });
      await store.start();
      for (let seq = 1; ; seq += 1) {
        await store.calls.append([{ type: "answered", call: "CALL-00000001", seq, at: 1 }], []);
        process.stdout.write(seq + "\\n");
      }`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exit = once(child, "exit");
    let last = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      last = Number(line);
      if (last >= 200) child.kill("SIGKILL");
    }
    await exit;
    const database = openDatabase(file);
    const { count } = database.prepare("SELECT count(*) AS count FROM call_events").get() ?? {};
    database.close();
    expect(last).toBeGreaterThanOrEqual(200);
    expect(Number(count)).toBeGreaterThanOrEqual(last);
  });

  it("gives the event loop back again and again during a burst of facts", async () => {
    const store = await started();
    const events = Array.from({ length: 20_000 }, (_, index) =>
      answered("CALL-00000001", index + 1),
    );
    const writes = events.map((event) => store.calls.append([event], []));
    await writes[0];
    const reader = openDatabase(file);
    const count = reader.prepare("SELECT count(*) AS count FROM call_events");
    // In one transaction all of them would be there now, and nothing else would have run meanwhile.
    expect(Number(count.get()?.["count"])).toBeLessThan(20_000);
    await Promise.all(writes);
    expect(count.get()?.["count"]).toBe(20_000);
    reader.close();
  });
});
