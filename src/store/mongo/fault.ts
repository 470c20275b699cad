import { Error as MongooseError, mongo } from "mongoose";
import { KituoError } from "../../domain/errors.ts";

/** MongoDB's code for a document that a unique index refuses. */
const DUPLICATE_KEY = 11_000;

/** Unauthorized and AuthenticationFailed. */
const REFUSED: ReadonlySet<number> = new Set([13, 18]);

/**
 * What MongoDB says of a document that it would refuse again: BadValue, FailedToParse, TypeMismatch, Overflow,
 * InvalidBSON, DollarPrefixedFieldName, InvalidIdField, EmptyFieldName, DottedFieldName, DocumentValidationFailure,
 * BSONObjectTooLarge, KeyTooLong, and, without a name, that an update would make the document too large.
 */
const UNKEEPABLE: ReadonlySet<number> = new Set([
  2, 9, 14, 15, 22, 52, 53, 56, 57, 121, 10_334, 17_280, 17_419, 17_420,
]);

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

/**
 * The places, in a bulk that was not ordered, of the documents that are already there; `null` when something else went
 * wrong as well.
 */
export function duplicatesIn(error: unknown): ReadonlySet<number> | null {
  if (!(error instanceof mongo.MongoBulkWriteError) || !isDuplicate(error)) return null;
  return new Set([error.writeErrors].flat().map(({ index }) => index));
}

/** The error to reject with: a document that cannot be kept is `internal`, as every fault of ours; the rest is `store_down`. */
export function mongoDown(error: unknown): unknown {
  if (error instanceof KituoError) return error;
  if (isUnkeepable(error)) {
    return new KituoError("internal", "MongoDB does not keep such a document", [], error);
  }
  if (!(error instanceof mongo.MongoError || error instanceof MongooseError)) return error;
  // The address is left out: it may hold a password.
  const refused = error instanceof mongo.MongoServerError && REFUSED.has(Number(error.code));
  const message = refused
    ? "MongoDB refuses the user, the password or the rights in STORE_URL"
    : "MongoDB cannot be reached or does not take writes";
  return new KituoError("store_down", message, [], error);
}

/** Whether the document is to blame, so that it would be refused again: by Mongoose, the driver or the server. */
function isUnkeepable(error: unknown): boolean {
  if (error instanceof mongo.MongoBulkWriteError) {
    const errors = [error.writeErrors].flat();
    const refused = errors.filter((fault) => UNKEEPABLE.has(fault.code));
    return refused.length > 0 && errors.every((fault) => isLasting(fault.code));
  }
  if (error instanceof mongo.MongoServerError) return UNKEEPABLE.has(Number(error.code));
  return (
    error instanceof MongooseError.ValidationError ||
    error instanceof MongooseError.CastError ||
    error instanceof MongooseError.StrictModeError ||
    // A document that is too large, found out by the driver before it is sent, alone or among others.
    error instanceof mongo.MongoInvalidArgumentError ||
    error instanceof mongo.BSON.BSONError ||
    error instanceof RangeError
  );
}

/** In a bulk, documents that are already there may stand beside one that cannot be kept. */
function isLasting(code: number): boolean {
  return code === DUPLICATE_KEY || UNKEEPABLE.has(code);
}
