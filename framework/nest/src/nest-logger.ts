import type { LoggerService } from '@nestjs/common';
import type { Logger, LogFields } from 'micro-ts';

/**
 * Nest's log, written by Micro's logger: structured, and without secrets.
 * @example NestFactory.create(AppModule, { logger: new NestLogger(new ConsoleLogger('info')) });
 */
export class NestLogger implements LoggerService {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  verbose(message: unknown, ...more: unknown[]): void {
    this.#log('debug', message, more);
  }

  debug(message: unknown, ...more: unknown[]): void {
    this.#log('debug', message, more);
  }

  log(message: unknown, ...more: unknown[]): void {
    this.#log('info', message, more);
  }

  warn(message: unknown, ...more: unknown[]): void {
    this.#log('warn', message, more);
  }

  error(message: unknown, ...more: unknown[]): void {
    this.#log('error', message, more);
  }

  fatal(message: unknown, ...more: unknown[]): void {
    this.#log('error', message, more);
  }

  /** Nest gives its messages, then a stack if it is an error, and its context last. */
  #log(level: 'debug' | 'info' | 'warn' | 'error', message: unknown, more: unknown[]): void {
    const last = more.at(-1);
    const context = typeof last === 'string' ? last : undefined;
    const rest = context === undefined ? more : more.slice(0, -1);
    const values = rest.filter((each) => each !== undefined);
    const fields: LogFields = {
      ...(context !== undefined && { context }),
      ...(message instanceof Error && { error: message }),
      ...(typeof message === 'object' &&
        !(message instanceof Error) && { message: undefined, data: message }),
      ...(values.length > 0 && { more: values }),
    };
    this.#logger[level](textOf(message), fields);
  }
}

const textOf = (message: unknown): string => {
  if (message instanceof Error) return message.message;
  return typeof message === 'object' ? 'data' : String(message);
};
