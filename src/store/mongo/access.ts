import type { ApiKeys, SessionRecords } from "../../ports/access.ts";
import { keyShape, parseRecord, sessionShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";
import { insertNew } from "./insert.ts";
import type { Turns } from "./turns.ts";

export function mongoSessions(connection: Connection, turns: Turns): SessionRecords {
  return {
    begin: (session) =>
      connection.run(async (models) => {
        await insertNew(() => models.sessions.create([{ _id: session.id, ...session }]));
      }),

    get: (id) =>
      connection.run(async (models) => {
        const session = await models.sessions.findOne({ _id: id }).lean();
        return session === null ? null : parseRecord(sessionShape, session, "session");
      }),

    rotate: (id, from, to) =>
      turns.take(`session ${id}`, () =>
        connection.run(async (models) => {
          const { modifiedCount } = await models.sessions.updateOne(
            { _id: id, refreshHash: from, endedAt: null },
            { $set: { refreshHash: to } },
          );
          return modifiedCount === 1;
        }),
      ),

    end: (id, at, why) =>
      connection.run(async (models) => {
        const ended = { $set: { endedAt: at, endedWhy: why } };
        const { modifiedCount } = await models.sessions.updateOne(
          { _id: id, endedAt: null },
          ended,
        );
        return modifiedCount === 1;
      }),

    endOf: (username, at, why, except) =>
      connection.run(async (models) => {
        const found = await models.sessions.find({ username, endedAt: null }, { _id: 1 }).lean();
        const ids = found.map(({ _id }) => _id).filter((id) => id !== except);
        const ended = { $set: { endedAt: at, endedWhy: why } };
        await models.sessions.updateMany({ _id: { $in: ids }, endedAt: null }, ended);
        return ids;
      }),

    forget: (before) =>
      connection.run(async (models) => {
        await models.sessions.deleteMany({ expiresAt: { $lt: before } });
      }),
  };
}

export function mongoKeys(connection: Connection): ApiKeys {
  const one = (where: { _id: string } | { hash: string }) =>
    connection.run(async (models) => {
      const key = await models.keys.findOne(where).lean();
      return key === null ? null : parseRecord(keyShape, key, "API key");
    });
  return {
    add: (key) =>
      connection.run(async (models) => {
        await insertNew(() => models.keys.create([{ _id: key.id, ...key }]));
      }),

    get: (id) => one({ _id: id }),
    byHash: (hash) => one({ hash }),

    list: () =>
      connection.run(async (models) => {
        const keys = await models.keys.find().sort({ createdAt: -1, _id: -1 }).lean();
        return keys.map((key) => parseRecord(keyShape, key, "API key"));
      }),

    revoke: (id, at) =>
      connection.run(async (models) => {
        const { modifiedCount } = await models.keys.updateOne(
          { _id: id, revokedAt: null },
          { $set: { revokedAt: at } },
        );
        return modifiedCount === 1;
      }),

    used: (id, at) =>
      connection.run(async (models) => {
        await models.keys.updateOne({ _id: id }, { $set: { lastUsedAt: at } });
      }),
  };
}
