import type { AgentRecords, Users } from "../../ports/store.ts";
import { agentShape, parseRecord, userShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";

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

export function mongoUsers(connection: Connection): Users {
  return {
    save: (user) =>
      connection.run(async (models) => {
        await models.users.updateOne({ _id: user.username }, { $set: user }, { upsert: true });
      }),

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
  };
}
