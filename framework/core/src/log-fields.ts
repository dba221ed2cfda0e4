import type { LogFields } from '@micro-ts/interface';
import { isSecret, withoutSecrets } from './secrets.ts';

/** How deep values and causes are shown. */
const deepest = 5;

/**
 * The fields of a line of the log as JSON can say them: an error as its stack and causes, without what
 * libraries hang on it; no value of a field that is named like a secret, however deep it is.
 */
export function printable(fields: LogFields): Record<string, unknown> {
  try {
    return entriesOf(fields, 0);
  } catch {
    return { fields: 'they cannot be read' }; // a getter that throws
  }
}

function entriesOf(value: object, depth: number): Record<string, unknown> {
  const shown: [string, unknown][] = [];
  for (const [name, each] of Object.entries(value))
    if (each !== undefined)
      shown.push([name, isSecret(name) ? '[secret]' : plain(each, depth + 1)]);
  return Object.fromEntries(shown);
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Error) return withoutSecrets(textOf(value, 0));
  if (depth > deepest) return '[…]';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map((each) => plain(each, depth + 1));
  return entriesOf(value, depth);
}

/** Name, code, text and stack; then what it came of. */
function textOf(error: Error, depth: number): string {
  const { name, message, stack = '', cause } = error;
  const { code } = error as { code?: unknown };
  const known = typeof code === 'string' || typeof code === 'number' ? ` (${code})` : '';
  const places = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const lines = [`${name}${known}: ${message}`, ...places];
  if (depth >= deepest) return lines.join('\n');
  const several = error instanceof AggregateError ? (error.errors as unknown[]).slice(0, 10) : [];
  for (const each of cause === undefined ? several : [...several, cause])
    lines.push(`caused by ${each instanceof Error ? textOf(each, depth + 1) : String(each)}`);
  return lines.join('\n');
}
