/** Data of one line of the log. An `error` field is printed with its causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Structured log: one line per change of state, never one per attempt, and never a secret. An
 * abstract class, so that it is a type and an injection token in one.
 */
export abstract class Logger {
  abstract debug(message: string, fields?: LogFields): void;
  abstract info(message: string, fields?: LogFields): void;
  abstract warn(message: string, fields?: LogFields): void;
  abstract error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its lines. */
  abstract with(fields: LogFields): Logger;
}
