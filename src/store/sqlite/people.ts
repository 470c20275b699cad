import type { AgentRecord, AgentRecords, User, Users } from "../../ports/store.ts";
import { agentShape, parseRecord, userShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";

const SAVE_AGENT = `
  INSERT INTO agents (id, name, extension, queues) VALUES (?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE
  SET name = excluded.name, extension = excluded.extension, queues = excluded.queues`;

export function sqliteAgents(connection: Connection): AgentRecords {
  return {
    save: (agents) =>
      connection.write((prepare) => {
        for (const { id, name, extension, queues } of agents) {
          prepare(SAVE_AGENT).run(id, name, extension, JSON.stringify(queues));
        }
      }),

    get: (id) =>
      connection.read((prepare) => {
        const row = prepare("SELECT * FROM agents WHERE id = ?").get(id);
        return row === undefined ? null : agentOf(row);
      }),

    list: () =>
      connection.read((prepare) => prepare("SELECT * FROM agents ORDER BY id").all().map(agentOf)),
  };
}

function agentOf(row: Record<string, unknown>): AgentRecord {
  return parseRecord(agentShape, { ...row, queues: JSON.parse(String(row["queues"])) }, "agent");
}

const SAVE_USER = `
  INSERT INTO users (username, role, password_hash, agent, created_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (username) DO UPDATE
  SET role = excluded.role, password_hash = excluded.password_hash, agent = excluded.agent,
    created_at = excluded.created_at`;

const SELECT_USER =
  "SELECT username, role, password_hash AS passwordHash, agent, created_at AS createdAt FROM users";

export function sqliteUsers(connection: Connection): Users {
  return {
    save: ({ username, role, passwordHash, agent, createdAt }) =>
      connection.write((prepare) => {
        prepare(SAVE_USER).run(username, role, passwordHash, agent, createdAt);
      }),

    get: (username) =>
      connection.read((prepare) => {
        const row = prepare(`${SELECT_USER} WHERE username = ?`).get(username);
        return row === undefined ? null : userOf(row);
      }),

    list: () =>
      connection.read((prepare) =>
        prepare(`${SELECT_USER} ORDER BY created_at DESC, username`).all().map(userOf),
      ),
  };
}

function userOf(row: unknown): User {
  return parseRecord(userShape, row, "user");
}
