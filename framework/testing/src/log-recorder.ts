import type { LogFields, Logger } from '@micro-ts/interface';

/** One line of a log. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  /** Those of the line, and those that the logger adds to each of its lines. */
  readonly fields: LogFields;
}

/** A log that prints nothing and keeps its lines, oldest first, with those of loggers made by `with`. */
export class LogRecorder implements Logger {
  readonly lines: LogLine[];
  readonly #fields: LogFields;

  constructor(lines: LogLine[] = [], fields: LogFields = {}) {
    this.lines = lines;
    this.#fields = fields;
  }

  /** The lines that are worth a look: warnings and errors. */
  get complaints(): readonly LogLine[] {
    return this.lines.filter(({ level }) => level === 'warn' || level === 'error');
  }

  debug(message: string, fields?: LogFields): void {
    this.#add('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#add('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#add('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#add('error', message, fields);
  }

  with(fields: LogFields): LogRecorder {
    return new LogRecorder(this.lines, { ...this.#fields, ...fields });
  }

  #add(level: LogLine['level'], message: string, fields?: LogFields): void {
    this.lines.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
}
