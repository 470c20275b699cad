import { Error as MongooseError, mongo } from "mongoose";
import { KituoError } from "../../domain/errors.ts";

/** MongoDB's code for a document that a unique index refuses. */
const DUPLICATE_KEY = 11_000;

/** Unauthorized and AuthenticationFailed. */
const REFUSED: ReadonlySet<number> = new Set([13, 18]);

/** Whether everything that went wrong is that the document is already there. */
export function isDuplicate(error: unknown): boolean {
  if (error instanceof mongo.MongoBulkWriteError) {
    const errors = [error.writeErrors].flat();
    // An error without write errors is of another kind, for example a write concern that was not met.
    if (errors.length === 0 || error.result.getWriteConcernError() !== undefined) return false;
    return errors.every((fault) => fault.code === DUPLICATE_KEY);
  }
  return error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;
}

/** The error to reject with: what the driver and Mongoose say of the server is `store_down`; the rest is a fault of ours. */
export function mongoDown(error: unknown): unknown {
  if (error instanceof KituoError) return error;
  const serious = error instanceof mongo.MongoError || error instanceof MongooseError;
  const ours =
    error instanceof MongooseError.ValidationError ||
    error instanceof MongooseError.CastError ||
    error instanceof MongooseError.StrictModeError;
  if (!serious || ours) return error;
  // The address is left out: it may hold a password.
  const refused = error instanceof mongo.MongoServerError && REFUSED.has(Number(error.code));
  const message = refused
    ? "MongoDB refuses the user, the password or the rights in STORE_URL"
    : "MongoDB cannot be reached or does not take writes";
  return new KituoError("store_down", message, [], error);
}
