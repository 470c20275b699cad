import type { ApiKey, ApiKeys, Session, SessionRecords } from "../../ports/access.ts";
import { keyShape, parseRecord, sessionShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";

const BEGIN = `
  INSERT INTO sessions (id, username, refresh_hash, created_at, expires_at, ended_at, ended_why)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO NOTHING`;

const SELECT_SESSION = `
  SELECT id, username, refresh_hash AS refreshHash, created_at AS createdAt, expires_at AS expiresAt,
    ended_at AS endedAt, ended_why AS endedWhy
  FROM sessions WHERE id = ?`;

const ROTATE =
  "UPDATE sessions SET refresh_hash = ? WHERE id = ? AND refresh_hash = ? AND ended_at IS NULL";

const END = "UPDATE sessions SET ended_at = ?, ended_why = ? WHERE id = ? AND ended_at IS NULL";

const END_OF = `
  UPDATE sessions SET ended_at = ?, ended_why = ?
  WHERE username = ? AND id <> ? AND ended_at IS NULL RETURNING id`;

export function sqliteSessions(connection: Connection): SessionRecords {
  return {
    begin: ({ id, username, refreshHash, createdAt, expiresAt, endedAt, endedWhy }) =>
      connection.write((prepare) => {
        prepare(BEGIN).run(id, username, refreshHash, createdAt, expiresAt, endedAt, endedWhy);
      }),

    get: (id) =>
      connection.read((prepare) => {
        const row = prepare(SELECT_SESSION).get(id);
        return row === undefined ? null : sessionOf(row);
      }),

    rotate: (id, from, to) =>
      connection.write((prepare) => prepare(ROTATE).run(to, id, from).changes === 1),

    end: (id, at, why) =>
      connection.write((prepare) => prepare(END).run(at, why, id).changes === 1),

    endOf: (username, at, why, except = "") =>
      connection.write((prepare) =>
        prepare(END_OF)
          .all(at, why, username, except)
          .map((row) => String(row["id"])),
      ),

    forget: (before) =>
      connection.write((prepare) => {
        prepare("DELETE FROM sessions WHERE expires_at < ?").run(before);
      }),
  };
}

function sessionOf(row: unknown): Session {
  return parseRecord(sessionShape, row, "session");
}

const ADD_KEY = `
  INSERT INTO api_keys (id, name, hash, scopes, created_by, created_at, expires_at, last_used_at, revoked_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO NOTHING`;

const SELECT_KEY = `
  SELECT id, name, hash, scopes, created_by AS createdBy, created_at AS createdAt, expires_at AS expiresAt,
    last_used_at AS lastUsedAt, revoked_at AS revokedAt
  FROM api_keys`;

export function sqliteKeys(connection: Connection): ApiKeys {
  const one = (where: string, value: string) =>
    connection.read((prepare) => {
      const row = prepare(`${SELECT_KEY} WHERE ${where} = ?`).get(value);
      return row === undefined ? null : keyOf(row);
    });
  return {
    add: ({ id, name, hash, scopes, createdBy, createdAt, expiresAt, lastUsedAt, revokedAt }) =>
      connection.write((prepare) => {
        const times = [createdAt, expiresAt, lastUsedAt, revokedAt];
        prepare(ADD_KEY).run(id, name, hash, JSON.stringify(scopes), createdBy, ...times);
      }),

    get: (id) => one("id", id),
    byHash: (hash) => one("hash", hash),

    list: () =>
      connection.read((prepare) =>
        prepare(`${SELECT_KEY} ORDER BY created_at DESC, id DESC`).all().map(keyOf),
      ),

    revoke: (id, at) =>
      connection.write((prepare) => {
        const sql = "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL";
        return prepare(sql).run(at, id).changes === 1;
      }),

    used: (id, at) =>
      connection.write((prepare) => {
        prepare("UPDATE api_keys SET last_used_at = ? WHERE id = ?").run(at, id);
      }),
  };
}

function keyOf(row: Record<string, unknown>): ApiKey {
  return parseRecord(keyShape, { ...row, scopes: JSON.parse(String(row["scopes"])) }, "API key");
}
