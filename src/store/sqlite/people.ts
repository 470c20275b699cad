import type { AgentRecord, AgentRecords, User, Users } from "../../ports/store.ts";
import { agentShape, parseRecord, userShape } from "../shapes.ts";
import type { Connection, Prepare } from "./connection.ts";

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

const ADD_USER = `
  INSERT INTO users (username, role, password_hash, agent, email, active, plan_mark, failures, failed_at, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (username) DO NOTHING`;

const UPDATE_USER = `
  UPDATE users SET role = ?, password_hash = ?, agent = ?, email = ?, active = ?, plan_mark = ?, failures = ?,
    failed_at = ?
  WHERE username = ?`;

const FAIL = `
  UPDATE users SET failures = CASE WHEN failed_at > ? THEN failures + 1 ELSE 1 END, failed_at = ?
  WHERE username = ? RETURNING failures`;

const SELECT_USER = `
  SELECT username, role, password_hash AS passwordHash, agent, email, active, plan_mark AS planMark, failures,
    failed_at AS failedAt, created_at AS createdAt
  FROM users`;

export function sqliteUsers(connection: Connection): Users {
  return {
    add: (user) =>
      connection.write((prepare) => {
        const added = prepare(ADD_USER).run(user.username, ...changeable(user), user.createdAt);
        return added.changes === 1;
      }),

    get: (username) => connection.read((prepare) => find(prepare, username)),

    list: () =>
      connection.read((prepare) =>
        prepare(`${SELECT_USER} ORDER BY created_at DESC, username`).all().map(userOf),
      ),

    update: (username, change) =>
      connection.write((prepare) => {
        const found = find(prepare, username);
        if (found === null) return null;
        const changed: User = { ...found, ...change };
        prepare(UPDATE_USER).run(...changeable(changed), username);
        return changed;
      }),

    fail: (username, at, since) =>
      connection.write((prepare) =>
        Number(prepare(FAIL).get(since, at, username)?.["failures"] ?? 0),
      ),

    remove: (username) =>
      connection.write(
        (prepare) => prepare("DELETE FROM users WHERE username = ?").run(username).changes === 1,
      ),
  };
}

function find(prepare: Prepare, username: string): User | null {
  const row = prepare(`${SELECT_USER} WHERE username = ?`).get(username);
  return row === undefined ? null : userOf(row);
}

/** What can be changed of a user, in the order of the statements. */
function changeable(user: User) {
  const { role, passwordHash, agent, email, active, planMark, failures, failedAt } = user;
  return [role, passwordHash, agent, email, Number(active), planMark, failures, failedAt];
}

function userOf(row: Record<string, unknown>): User {
  return parseRecord(userShape, { ...row, active: row["active"] === 1 }, "user");
}
