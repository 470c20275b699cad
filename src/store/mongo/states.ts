import type { CallState } from "../../domain/call.ts";
import type { CallId } from "../../domain/ids.ts";
import type { Connection } from "./connection.ts";
import { duplicatesIn } from "./fault.ts";
import type { Models } from "./models.ts";
import { Portions } from "./portions.ts";
import { Recent } from "./recent.ts";

/** Of so many calls it is remembered that they are there. */
const REMEMBERED = 5_000;
/** So many are replaced with one request, which has to be answered in time. */
const REPLACED_AT_ONCE = 8;

/**
 * Writes the states of calls; an older one never replaces a newer one. A call that was not written here before is most
 * likely new, so it is inserted first: its `_id` refuses it when it is there already, and then it is replaced by what is
 * newer. FerretDB v1 finds a document by its `_id` alone at once, and reads the whole collection for any other condition.
 */
export function stateWriter(connection: Connection): (state: CallState) => Promise<void> {
  const there = new Recent<CallId, true>(REMEMBERED);
  const isKnown = ({ id }: CallState): boolean => there.get(id) === true;

  /** Gives those that are there already. */
  async function insert(models: Models, states: readonly CallState[]): Promise<CallState[]> {
    if (states.length === 0) return [];
    const documents = states.map((state) => ({ ...state, _id: state.id }));
    try {
      await models.calls.insertMany(documents, { ordered: false, throwOnValidationError: true });
      return [];
    } catch (error) {
      const refused = duplicatesIn(error);
      if (refused === null) throw error;
      return states.filter((_, at) => refused.has(at));
    }
  }

  async function replaceOlder(models: Models, states: readonly CallState[]): Promise<void> {
    const updates = states.map((state) => ({
      updateOne: { filter: { _id: state.id, seq: { $lt: state.seq } }, update: { $set: state } },
    }));
    while (updates.length > 0)
      await models.calls.bulkWrite(updates.splice(0, REPLACED_AT_ONCE), { ordered: false });
  }

  const portions = new Portions<CallState, void>((states) =>
    connection.run(async (models) => {
      const newest = newestOfEach(states);
      const refused = await insert(
        models,
        newest.filter((state) => !isKnown(state)),
      );
      await replaceOlder(models, [...newest.filter(isKnown), ...refused]);
      for (const { id } of newest) there.set(id, true);
      return states.map(() => undefined);
    }),
  );
  return (state) => portions.put(state);
}

function newestOfEach(states: readonly CallState[]): CallState[] {
  const newest = new Map<CallId, CallState>();
  for (const state of states) {
    const other = newest.get(state.id);
    if (other === undefined || other.seq < state.seq) newest.set(state.id, state);
  }
  return [...newest.values()];
}
