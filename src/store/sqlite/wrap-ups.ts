import type { WrapUp, WrapUps } from "../../ports/store.ts";
import { parseRecord, wrapUpShape } from "../shapes.ts";
import type { Connection } from "./connection.ts";

const SAVE = `
  INSERT INTO wrap_ups (call, agent, code, note, author, at) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (call, agent) DO UPDATE
  SET code = excluded.code, note = excluded.note, author = excluded.author, at = excluded.at`;

const OF_CALL = `
  SELECT call, agent, code, note, author, at FROM wrap_ups WHERE call = ? ORDER BY at DESC, agent DESC`;

export function sqliteWrapUps(connection: Connection): WrapUps {
  return {
    save: ({ call, agent, code, note, author, at }) =>
      connection.write((prepare) => {
        prepare(SAVE).run(call, agent, code, note, author, at);
      }),

    ofCall: (call) => connection.read((prepare) => prepare(OF_CALL).all(call).map(wrapUpOf)),
  };
}

function wrapUpOf(row: unknown): WrapUp {
  return parseRecord(wrapUpShape, row, "wrap-up");
}
