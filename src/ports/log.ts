/**
 * The log. Messages are constant strings; ids are plain fields; caller numbers, names, digits and what people said go
 * under `pii`, which is redacted unless an admin asks otherwise.
 */
export interface LogFields {
  readonly [field: string]: unknown;
  readonly pii?: Readonly<Record<string, unknown>>;
}

export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A log that adds these fields to every line. */
  child(fields: LogFields): Log;
}
