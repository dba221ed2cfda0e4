import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'micro-ts';

/**
 * Nest's log, written by Micro's logger: structured, and without secrets.
 * @example NestFactory.create(AppModule, { logger: new NestLogger(new ConsoleLogger('info')) });
 */
export class NestLogger implements LoggerService {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  verbose(message: unknown, ...more: readonly unknown[]): void {
    this.#log('debug', message, more);
  }

  debug(message: unknown, ...more: readonly unknown[]): void {
    this.#log('debug', message, more);
  }

  log(message: unknown, ...more: readonly unknown[]): void {
    this.#log('info', message, more);
  }

  warn(message: unknown, ...more: readonly unknown[]): void {
    this.#log('warn', message, more);
  }

  error(message: unknown, ...more: readonly unknown[]): void {
    this.#log('error', message, more);
  }

  fatal(message: unknown, ...more: readonly unknown[]): void {
    this.#log('error', message, more);
  }

  /** After the message Nest gives more of them, the stack of an error, and last where it comes from. */
  #log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: unknown,
    more: readonly unknown[],
  ): void {
    const last = more.at(-1);
    const context = typeof last === 'string' && !isStack(last) ? last : undefined;
    const rest = context === undefined ? more : more.slice(0, -1);
    const stack = rest.find(isStack);
    const data = rest.filter((each) => each !== undefined && each !== stack);
    const error = message instanceof Error ? message : undefined;
    const object = typeof message === 'object' && error === undefined ? [message] : [];
    this.#logger[level](error?.message ?? (object.length > 0 ? 'data' : String(message)), {
      ...{ context, error, stack },
      ...(object.length + data.length > 0 && { data: [...object, ...data] }),
    });
  }
}

const isStack = (value: unknown): boolean =>
  typeof value === 'string' && /^(.*\n)+\s+at .+:\d+:\d+/.test(value);
