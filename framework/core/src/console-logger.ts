import { inspect } from 'node:util';
import { Logger } from '@micro-ts/interface';
import type { LogFields } from '@micro-ts/interface';

/** Levels of the log; each shows itself and those to its right. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];
/** Names of fields whose values are never printed. */
const secret = /pass(word|phrase)|secret|token|authorization|cookie|credential|private.?key/i;

/**
 * Writes to stderr: a line of text for each entry on a terminal, a line of JSON elsewhere. The values
 * of fields that are named like secrets are not printed.
 */
export class ConsoleLogger extends Logger {
  readonly #least: number;
  readonly #fields: LogFields;
  readonly #write: (line: string) => void;
  readonly #json: boolean;

  /** @param level least level that is printed. Default `info`. */
  constructor(
    level: LogLevel = 'info',
    fields: LogFields = {},
    write: (line: string) => void = (line) => void process.stderr.write(line),
    json: boolean = process.stderr.isTTY !== true,
  ) {
    super();
    this.#least = order.indexOf(level);
    this.#fields = fields;
    this.#write = write;
    this.#json = json;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  with(fields: LogFields): ConsoleLogger {
    const level = order[this.#least] ?? 'info';
    return new ConsoleLogger(level, { ...this.#fields, ...fields }, this.#write, this.#json);
  }

  #log(level: LogLevel, message: string, own: LogFields = {}): void {
    if (order.indexOf(level) < this.#least) return;
    const time = new Date().toISOString();
    const fields = printable({ ...this.#fields, ...own });
    if (this.#json) {
      this.#write(`${JSON.stringify({ time, level, message, ...fields })}\n`);
      return;
    }
    const rest = Object.entries(fields).map(([key, value]) => `${key}=${textOf(value)}`);
    this.#write(`${[time, level.padEnd(5), message, ...rest].join(' ')}\n`);
  }
}

const printable = (fields: LogFields): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, secret.test(key) ? '[secret]' : plain(value)]),
  );

/** An error with its stack and causes; anything else as JSON can say it. */
function plain(value: unknown): unknown {
  if (value instanceof Error) return inspect(value, { depth: 4 });
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  try {
    JSON.stringify(value);
    return value;
  } catch {
    return inspect(value);
  }
}

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return /[\s="]/.test(value) ? JSON.stringify(value) : value;
  return JSON.stringify(value) ?? 'undefined';
};
