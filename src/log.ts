import { type Logger, pino } from "pino";
import type { Log, LogFields } from "./ports/log.ts";

/** Opens the log: one JSON object a line on standard output; what stands under `pii` is hidden unless asked for. */
export function openLog(options: { level: string; showPii: boolean }): Log {
  return wrap(
    pino({
      level: options.level,
      timestamp: pino.stdTimeFunctions.isoTime,
      ...(options.showPii ? {} : { redact: { paths: ["pii"], censor: "[redacted]" } }),
    }),
  );
}

function wrap(logger: Logger): Log {
  return {
    debug: (fields: LogFields, message: string) => logger.debug(fields, message),
    info: (fields: LogFields, message: string) => logger.info(fields, message),
    warn: (fields: LogFields, message: string) => logger.warn(fields, message),
    error: (fields: LogFields, message: string) => logger.error(fields, message),
    child: (fields: LogFields) => wrap(logger.child(fields)),
  };
}
