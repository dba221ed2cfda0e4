import { inspect } from 'node:util';
import { MicroError } from '@micro-ts/interface';

/**
 * What to print when a program does not start. Mistakes in the configuration and servers that are
 * away are told in sentences; what may be a bug, with its stack.
 */
export function bootError(error: unknown): string {
  if (error instanceof Error && error.name === 'ConfigError')
    return `Cannot start: ${error.message}`;
  if (!(error instanceof MicroError)) return `Cannot start: ${inspect(error)}`;
  return `Cannot start: ${error.message} (${error.code})${causes(error.cause)}`;
}

function causes(cause: unknown): string {
  const lines: string[] = [];
  for (let at = cause; at instanceof Error && lines.length < 5; at = at.cause)
    lines.push(`\n  because: ${at.message}`);
  return lines.join('');
}
