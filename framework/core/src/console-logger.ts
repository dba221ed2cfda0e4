import { Logger } from '@micro-ts/interface';
import type { LogFields } from '@micro-ts/interface';
import { printable } from './log-fields.ts';

/** Levels of the log; each shows itself and those to its right. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/**
 * Writes to stderr: a line of text for each entry on a terminal, a line of JSON elsewhere. The values
 * of fields that are named like secrets are not printed, nor are passwords in addresses, nor what a
 * terminal would obey.
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
    const line = { time: new Date().toISOString(), level, message };
    const fields = printable({ ...this.#fields, ...own });
    if (this.#json) {
      this.#write(`${JSON.stringify({ ...line, ...fields, ...line })}\n`);
      return;
    }
    const rest = Object.entries(fields).map(([key, value]) => `${key}=${textOf(value)}`);
    const text = [line.time, level.padEnd(5), message, ...rest].join(' ');
    // JSON makes them harmless; a terminal would obey what a peer has put into a name or an error.
    this.#write(`${text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd')}\n`);
  }
}

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return /[\s="]/.test(value) ? JSON.stringify(value) : value;
  return JSON.stringify(value) ?? 'undefined';
};
