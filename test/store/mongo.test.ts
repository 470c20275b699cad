import { randomBytes } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";
import mongoose from "mongoose";
import { afterAll, describe, expect, it } from "vitest";
import { fold } from "../../src/domain/call.ts";
import type { CallEvent } from "../../src/domain/call-fact.ts";
import { asAgentId, asCallId, asCustomerId, asTicketId } from "../../src/domain/ids.ts";
import { searchWordsOf } from "../../src/domain/search.ts";
import type { Store } from "../../src/ports/store.ts";
import { openMongoStore } from "../../src/store/mongo/store.ts";
import { historyOf, newCall } from "../conformance/store/examples.ts";
import { storeConformance } from "../conformance/store.ts";
import { ensureFerretdb, type TestMongo } from "../lab/ferretdb.ts";

const given = process.env["KITUO_TEST_MONGO_URL"];
const server: TestMongo =
  given === undefined || given === ""
    ? await ensureFerretdb((line) => console.log(line))
    : { url: given, stop: async () => undefined };

/** The server's address with a database of its own for one suite. */
function addressOf(url: string, database: string): string {
  const [, head = "", options = ""] =
    /^(mongodb(?:\+srv)?:\/\/[^/]+)(?:\/[^?]*)?(\?.*)?$/.exec(url) ?? [];
  return `${head}/${database}${options}`;
}

if ("skipped" in server) {
  console.warn(`!! the tests of the MongoDB store are SKIPPED: ${server.skipped}`);
  describe.skip(`the store on MongoDB (${server.skipped})`, () => {
    it("passes the conformance suite", () => undefined);
  });
} else {
  afterAll(() => server.stop());
  /** Runs a test on a store, not yet started, over a database of its own. */
  const onFresh = async (
    test: (store: Store, connection: mongoose.Connection) => Promise<void>,
  ) => {
    const url = addressOf(server.url, `kituo_test_${randomBytes(6).toString("hex")}`);
    const connection = await mongoose.createConnection(url).asPromise();
    const store = openMongoStore({ url });
    try {
      await test(store, connection);
    } finally {
      await store.stop();
      await connection.dropDatabase();
      await connection.destroy();
    }
  };

  storeConformance("MongoDB", async () => {
    const url = addressOf(server.url, `kituo_test_${randomBytes(6).toString("hex")}`);
    return {
      open: () => openMongoStore({ url }),
      remove: async () => {
        const connection = await mongoose.createConnection(url).asPromise();
        await connection.dropDatabase();
        await connection.destroy();
      },
    };
  });

  it("tells a document that is too large for MongoDB from a server that cannot be reached", async () => {
    await onFresh(async (store) => {
      await store.start();
      const call = asCallId("CALL-00000001");
      const long = "x".repeat(17 * 1024 * 1024);
      const said = {
        speaker: "bot",
        language: null,
        at: 1,
        source: "menu",
        content: long,
      } as const;
      const event = { type: "answered", call, seq: 1, at: 1 } as const;
      const events: (CallEvent & { long?: string })[] = [event, { ...event, seq: 2, long }];
      for (const write of [
        () => store.calls.append(events, []),
        () => store.transcripts.append(call, [{ ...said, key: "1" }]),
        () => store.customers.ensure("+254711000001", long, 1),
      ]) {
        await expect(write()).rejects.toMatchObject({ code: "internal" });
      }
      expect(await store.health()).toBe("up");
    });
  });

  it("knows of a call what its events tell, where whoever wrote them died before the state", async () => {
    await onFresh(async (store) => {
      await store.start();
      const [begun, fresh, gap] = [newCall(), newCall(), newCall()];
      const histories = [begun, fresh, gap].map((id) => historyOf(id));
      const [first = [], second = [], third = []] = histories;
      await store.calls.append(first.slice(0, 7), [fold(first.slice(0, 7))]);
      await store.calls.append(first.slice(7, 13), []);
      await store.calls.append(second.slice(0, 3), []);
      await store.calls.append(third.slice(0, 7), [fold(third.slice(0, 7))]);
      await store.calls.append(third.slice(8, 13), []);
      expect(
        await store.calls.newer([
          { id: begun, seq: 7 },
          { id: fresh, seq: 0 },
          { id: gap, seq: 3 },
        ]),
      ).toEqual([fold(first.slice(0, 13)), fold(second.slice(0, 3)), fold(third.slice(0, 7))]);
      expect(await store.calls.newer([{ id: begun, seq: 13 }])).toEqual([]);
    });
  });

  it("finds tickets and recordings of before by what they are found by today", async () => {
    await onFresh(async (store, connection) => {
      const insert = async (name: string, documents: { readonly _id: string }[]) =>
        await connection.collection<{ _id: string }>(name).insertMany(documents);
      const id = "TKT-20261120-0001";
      const ticket = {
        _id: id,
        id,
        day: "20261120",
        number: 1,
        origin: id,
        subject: "S",
        description: "",
        status: "open",
        priority: "high",
        department: null,
        assignee: null,
        call: null,
        customerName: "",
        customerPhone: "",
        source: "api",
        createdAt: 1,
        updatedAt: 2,
        notes: [{ at: 1, text: "Called", by: "amina" }],
      };
      await insert("tickets", [ticket]);
      const events = historyOf(newCall());
      const state = fold(events);
      const { id: call, queue } = state;
      const recording = {
        _id: "one",
        name: "one",
        call,
        kind: "conversation",
        file: "one.wav",
        bytes: 1,
        durationMs: 1,
        sha256: "abc",
        at: 1,
      };
      await insert("recordings", [recording]);
      await store.start();
      await store.calls.append(events, [state]);
      // What the call is about is looked up once, at the start.
      await connection.collection("recordings").updateMany({}, { $unset: { agents: "" } });
      await store.stop();
      await store.start();
      const sort = { by: "priority", descending: true } as const;
      expect(await store.tickets.list({ sort, limit: 5 })).toMatchObject([
        { tags: [], dueAt: null, notes: [{ text: "Called", visibility: "private" }] },
      ]);
      const changed = { by: "amina", status: "closed" } as const;
      expect(await store.tickets.update(asTicketId(id), changed, 3)).toMatchObject({ closedAt: 3 });
      const agent = asAgentId("AGT-002");
      expect(await store.recordings.list({ agent, limit: 5 })).toMatchObject([
        { name: "one", queue, agents: [agent], deleted: null },
      ]);
    });
  });

  it("brings customers forward who were kept in MongoDB when they had one number each", async () => {
    await onFresh(async (store, connection) => {
      const customers = connection.collection<{ _id: string }>("customers");
      await customers.createIndex({ phone: 1 }, { unique: true });
      for (const number of [1, 2]) {
        const id = `CUST-00${number}`;
        const about = { id, number, phone: `+25471100000${number}`, name: "Zawadi" };
        await customers.insertOne({ _id: id, ...about, createdAt: number } as { _id: string });
      }
      await store.start();
      expect(await store.customers.list({ name: "zawadi", limit: 9 })).toMatchObject([
        { id: "CUST-002", phones: ["+254711000002"], version: 1, tags: [], updatedAt: 2 },
        { id: "CUST-001", phones: ["+254711000001"], notes: "", email: null },
      ]);
      expect((await store.customers.ensure("+254711000001", "", 3)).id).toBe("CUST-001");
      await store.customers.merge(asCustomerId("CUST-001"), asCustomerId("CUST-002"), 4);
      expect((await store.customers.ensure("+254711000003", "", 5)).id).toBe("CUST-003");
      expect(await customers.countDocuments({ phone: { $exists: true } })).toBe(0);
    });
  });

  it("goes on with customers who were being made one when the process died", async () => {
    for (const ask of [
      (store: Store) => store.customers.get(asCustomerId("CUST-002")),
      (store: Store) => store.customers.byPhone("+254711000002"),
      (store: Store) => store.customers.ensure("+254711000002", "", 3),
    ]) {
      await onFresh(async (store, connection) => {
        await store.start();
        const stays = await store.customers.ensure("+254711000001", "", 1);
        const other = await store.customers.ensure("+254711000002", "Zawadi", 1);
        const leaving = { ...other };
        const gone = { mergedInto: stays.id, leaving, numbers: [other.id], phones: [], name: "" };
        const customers = connection.collection<{ _id: string }>("customers");
        await customers.updateOne({ _id: other.id }, { $set: gone });
        const merged = { id: stays.id, name: "Zawadi", phones: [...stays.phones, ...other.phones] };
        expect(await ask(store)).toMatchObject(merged);
        expect(await store.customers.get(stays.id)).toMatchObject(merged);
        expect(await customers.countDocuments({ leaving: { $ne: null } })).toBe(0);
      });
    }
  });

  it("names lines that were kept in MongoDB before lines had keys", async () => {
    await onFresh(async (store, connection) => {
      const call = asCallId("CALL-00000001");
      const line = {
        call,
        speaker: "bot",
        content: "Karibu",
        language: null,
        at: 1,
        source: "menu",
      };
      const documents = [1, 2].map((seq) => ({ ...line, _id: `${call}/${seq}`, seq }));
      await connection.collection<{ _id: string }>("transcript_lines").insertMany(documents);
      await store.start();
      const lines = await store.transcripts.list(call);
      expect(lines.map(({ key }) => key)).toEqual(["old/1", "old/2"]);
      expect(await store.transcripts.append(call, lines)).toEqual(lines);
      const words = searchWordsOf("KARIBU");
      expect(await store.transcripts.search({ words, limit: 9 })).toEqual(lines.toReversed());
    });
  });
}

/** A way to a server that can be cut and mended. */
async function openWay(
  to: string,
): Promise<{ port: number; cut(): Promise<void>; mend(): Promise<void> }> {
  const [host = "", port = ""] = to.split(":");
  const sockets = new Set<Socket>();
  let way: Server;
  const listen = async (at: number): Promise<number> => {
    way = createServer((near) => {
      const far = connect(Number(port), host);
      for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
        sockets.add(socket);
        socket.once("close", () => other.destroy());
        socket.once("error", () => other.destroy());
        socket.pipe(other);
      }
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    way.listen(at, "127.0.0.1", resolve);
    await promise;
    const address = way.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  };
  const own = await listen(0);
  return {
    port: own,
    cut: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      way.close(() => resolve());
      for (const socket of sockets) socket.destroy();
      await promise;
    },
    mend: async () => {
      await listen(own);
    },
  };
}

const direct = "skipped" in server ? null : /^mongodb:\/\/([\w.-]+:\d+)\//.exec(server.url)?.[1];

describe.skipIf(direct === undefined || direct === null)(
  "a MongoDB that goes and comes back",
  () => {
    it("is told within seconds while it is gone, and used again when it is back", async () => {
      const way = await openWay(direct ?? "");
      const database = `kituo_test_${randomBytes(6).toString("hex")}`;
      const store = openMongoStore({
        url: `mongodb://127.0.0.1:${way.port}/${database}?directConnection=true`,
      });
      try {
        await store.start();
        const made = await store.customers.ensure("+254711000001", "Zawadi", 1);
        await way.cut();
        const from = performance.now();
        await expect(store.customers.ensure("+254711000002", "", 2)).rejects.toMatchObject({
          code: "store_down",
          cause: expect.any(Error),
        });
        expect(await store.health()).toBe("down");
        expect(performance.now() - from).toBeLessThan(10_000);
        await way.mend();
        expect(await store.customers.get(made.id)).toEqual(made);
        expect(await store.health()).toBe("up");
        const connection = await mongoose
          .createConnection(addressOf(`mongodb://${direct}/`, database))
          .asPromise();
        await connection.dropDatabase();
        await connection.destroy();
      } finally {
        await store.stop();
        await way.cut();
      }
    });
  },
);

describe("a MongoDB that is not there", () => {
  it("is told within seconds, without the password, and can be started later", async () => {
    const silent = createServer();
    const { promise, resolve } = Promise.withResolvers<void>();
    silent.listen(0, "127.0.0.1", resolve);
    await promise;
    const address = silent.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const store = openMongoStore({ url: `mongodb://u:secret@127.0.0.1:${port}/x` });
      const from = performance.now();
      const error: unknown = await store.start().catch((cause: unknown) => cause);
      expect(error).toMatchObject({
        code: "store_down",
        message: expect.not.stringContaining("secret"),
      });
      expect(error).toHaveProperty("cause", expect.any(Error));
      expect(performance.now() - from).toBeLessThan(8_000);
      expect(await store.health()).toBe("down");
      await store.stop();
    } finally {
      silent.close();
    }
  });
});
