import type { AgentRecords, Users } from "../../ports/store.ts";
import { agentShape, parseRecord, userShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";
import { insertNew } from "./insert.ts";
import type { Turns } from "./turns.ts";

export function mongoAgents(connection: Connection): AgentRecords {
  return {
    save: (agents) =>
      connection.run(async (models) => {
        for (const agent of agents) {
          await models.agents.updateOne({ _id: agent.id }, { $set: agent }, { upsert: true });
        }
      }),

    get: (id) =>
      connection.run(async (models) => {
        const agent = await models.agents.findOne({ _id: id }).lean();
        return agent === null ? null : parseRecord(agentShape, agent, "agent");
      }),

    list: () =>
      connection.run(async (models) => {
        const agents = await models.agents.find().sort({ _id: 1 }).lean();
        return agents.map((agent) => parseRecord(agentShape, agent, "agent"));
      }),
  };
}

export function mongoUsers(connection: Connection, turns: Turns): Users {
  return {
    add: (user) =>
      connection.run((models) =>
        insertNew(() => models.users.create([{ _id: user.username, ...user }])),
      ),

    get: (username) =>
      connection.run(async (models) => {
        const user = await models.users.findOne({ _id: username }).lean();
        return user === null ? null : parseRecord(userShape, user, "user");
      }),

    list: () =>
      connection.run(async (models) => {
        const users = await models.users.find().sort({ createdAt: -1, _id: 1 }).lean();
        return users.map((user) => parseRecord(userShape, user, "user"));
      }),

    update: (username, change) =>
      connection.run(async (models) => {
        const changed = await models.users
          .findOneAndUpdate({ _id: username }, { $set: change }, { returnDocument: "after" })
          .lean();
        return changed === null ? null : parseRecord(userShape, changed, "user");
      }),

    // The first of a row is set, the others are added to it: no two of them, in any process, count as one.
    fail: (username, at, since) =>
      turns.take(`user ${username}`, () =>
        connection.run(async (models) => {
          const more = await models.users
            .findOneAndUpdate(
              { _id: username, failedAt: { $gt: since } },
              { $inc: { failures: 1 }, $set: { failedAt: at } },
              { returnDocument: "after" },
            )
            .lean();
          if (more !== null) return more.failures;
          const first = { $set: { failures: 1, failedAt: at } };
          const { matchedCount } = await models.users.updateOne({ _id: username }, first);
          return matchedCount;
        }),
      ),

    remove: (username) =>
      connection.run(async (models) => {
        const { deletedCount } = await models.users.deleteOne({ _id: username });
        return deletedCount === 1;
      }),
  };
}
