import { createConnection, type Connection as Mongoose } from "mongoose";
import { KituoError } from "../../domain/errors.ts";
import type { Log } from "../../ports/log.ts";
import { mongoDown } from "./fault.ts";
import { bringForward } from "./forward.ts";
import { declareModels, type Models } from "./models.ts";
import { bringCustomersForward } from "./old-customers.ts";

/** How long it takes until a server that is gone is said to be gone. */
const REACH_MS = 3_000;
/** How long one request may take, and how long a majority may take to confirm a write. */
const ANSWER_MS = 10_000;

/** The one door to MongoDB: a connection of our own, never Mongoose's global one. */
export class Connection {
  readonly #url: string;
  readonly #log: Log | null;
  #open: { readonly connection: Mongoose; readonly models: Models } | null = null;

  constructor(url: string, log: Log | null) {
    this.#url = url;
    this.#log = log;
  }

  /** Connects, and settles when every index is there. */
  async start(): Promise<void> {
    if (this.#open !== null) return;
    const connection = createConnection();
    try {
      await connection.openUri(this.#url, {
        ...(namesDatabase(this.#url) ? {} : { dbName: "kituo" }),
        appName: "kituo",
        // A write that settled is on the disks of a majority. FerretDB v1 takes these and ignores them.
        writeConcern: { w: "majority", journal: true, wtimeoutMS: ANSWER_MS },
        serverSelectionTimeoutMS: REACH_MS,
        connectTimeoutMS: REACH_MS,
        socketTimeoutMS: ANSWER_MS,
        bufferCommands: false,
        autoIndex: false,
        autoCreate: false,
      });
      const models = declareModels(connection);
      await nameOldLines(models);
      await bringForward(models);
      await bringCustomersForward(models);
      for (const model of Object.values(models)) await model.createIndexes();
      this.#open = { connection, models };
    } catch (error) {
      await connection.destroy();
      throw mongoDown(error);
    }
    this.#log?.info({}, "the history database is open");
  }

  async stop(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.connection.destroy();
  }

  async health(): Promise<"up" | "down"> {
    try {
      await this.run((models) => models.agents.db.db?.admin().ping() ?? Promise.reject(notOpen()));
      return "up";
    } catch (error) {
      this.#log?.warn({ err: error }, "the history database does not answer");
      return "down";
    }
  }

  /** Runs requests; what the server or the way to it is to blame for rejects with `store_down`. */
  async run<T>(request: (models: Models) => Promise<T>): Promise<T> {
    if (this.#open === null) throw notOpen();
    try {
      return await request(this.#open.models);
    } catch (error) {
      throw mongoDown(error);
    }
  }
}

/** Lines were once kept without a key; they are named by their number, so that the index on keys can be made. */
async function nameOldLines(models: Models): Promise<void> {
  const unnamed = models.lines.find({ key: { $exists: false } }, { seq: 1 }).lean();
  for await (const { _id, seq } of unnamed) {
    await models.lines.updateOne({ _id }, { $set: { key: `old/${seq}` } });
  }
}

function notOpen(): KituoError {
  return new KituoError("store_down", "the connection to MongoDB is not open");
}

/** Whether the address names a database; the driver's own default is one called `test`. */
function namesDatabase(url: string): boolean {
  return /^mongodb(\+srv)?:\/\/[^/]+\/[^?]/.test(url);
}
