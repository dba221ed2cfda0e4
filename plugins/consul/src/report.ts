import type { LogFields, Logger } from '@micro-ts/interface';

/** Logs a warning, once for each key. */
export type Report = (key: string, message: string, fields: LogFields) => void;

/** Most keys that are told apart; what comes after that is silent. */
const most = 256;

/** A report that writes to this log. */
export function createReport(logger: Logger): Report {
  const told = new Set<string>();
  return (key, message, fields) => {
    if (told.has(key) || told.size >= most) return;
    told.add(key);
    logger.warn(message, fields);
  };
}
