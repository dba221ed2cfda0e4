import { CommanderError } from 'commander';
import { inspect } from 'node:util';
import { isMisuse } from '@micro-ts/commands';
import { MicroError } from 'micro-ts';
import type { Format } from './global-options.ts';

/** What a process ends with. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** How a command that failed is told, and what the process ends with. */
export interface Failure {
  readonly code: number;
  /** Without a line end. */
  readonly text: string;
}

/** Ends a command that has told itself what is wrong. */
export class Ended extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`ended with code ${code}`);
    this.code = code;
  }
}

/** The one line of an error, with what to do about it; a stack only for what may be a bug of ours. */
export function failureOf(error: unknown, format: Format = 'text'): Failure {
  const code = isUsage(error) ? exitCodes.usage : exitCodes.failed;
  if (format !== 'json') return { code, text: `micro: ${textOf(error)}${hintOf(error)}` };
  const known = error instanceof MicroError ? error : undefined;
  const told = { code: known?.code ?? codeOf(code), message: textOf(error) };
  const details = known?.details === undefined ? {} : { details: known.details };
  return { code, text: JSON.stringify({ error: { ...told, ...details } }) };
}

const codeOf = (exit: number): string =>
  exit === exitCodes.usage ? 'invalid_argument' : 'internal';

const isUsage = (error: unknown): boolean =>
  isMisuse(error) || error instanceof CommanderError || isConfigError(error);

/** Of whatever copy of our packages; generators have a usage error of their own. */
const isConfigError = (error: unknown): error is Error =>
  error instanceof Error && ['ConfigError', 'UsageError'].includes(error.name);

function textOf(error: unknown): string {
  if (error instanceof CommanderError)
    return error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  if (isConfigError(error)) return error.message;
  if (!(error instanceof MicroError)) return inspect(error);
  const { code, message } = error;
  const cause = error.cause instanceof MicroError ? undefined : firstLine(error.cause);
  return code === 'internal' && cause !== undefined ? `${message}: ${cause}` : message;
}

/** What to do next. Whoever speaks to a sidecar is told that already. */
const hintOf = (error: unknown): string =>
  error instanceof MicroError && error.code === 'unavailable' && error.origin !== 'micro.proxy'
    ? '\n  micro doctor looks for the reason'
    : '';

const firstLine = (cause: unknown): string | undefined =>
  cause instanceof Error ? cause.message.split('\n', 1)[0] : undefined;
