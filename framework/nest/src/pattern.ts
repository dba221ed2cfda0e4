import { ConfigError } from 'micro-ts';

/** What `@MessagePattern`, `@EventPattern`, `send` and `emit` take. */
export type Pattern = string | number | { readonly [key: string]: Pattern };

/**
 * The endpoint that a message pattern stands for. `Greeter.Hello`, a text with one dot, is its name.
 * Of anything else the words make the method, and the service's name the part before it: in service
 * `math` both `sum` and `{ cmd: 'sum' }` are `Math.Sum`. Of an object the values count, in the order
 * of its keys: `{ role: 'user', cmd: 'get' }` is `Math.GetUser`.
 * @throws ConfigError for a pattern without words
 */
export function endpointOf(service: string, pattern: Pattern): string {
  const [text, ...more] = valuesOf(pattern);
  if (text !== undefined && more.length === 0 && /^[\w-]+\.[\w-]+$/.test(text)) return text;
  const method = capitalised(valuesOf(pattern));
  if (method !== '') return `${prefixOf(service)}.${method}`;
  throw new ConfigError(JSON.stringify(pattern), 'there is no word in this pattern');
}

/** The topic that an event pattern stands for: a text itself, the values of an object with dots. */
export const topicOf = (pattern: Pattern): string => valuesOf(pattern).join('.');

/** `Math` for the services `math` and `acme.math`. */
export const prefixOf = (service: string): string =>
  capitalised([service.slice(service.lastIndexOf('.') + 1)]);

/** `GetUserName` for `get`, `user_name`. */
export const capitalised = (texts: readonly string[]): string =>
  texts
    .flatMap((text) => text.split(/[^\p{L}\p{N}]+/u))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

function valuesOf(pattern: Pattern): readonly string[] {
  if (typeof pattern !== 'object' || pattern === null) return [String(pattern)];
  return Object.keys(pattern)
    .sort()
    .flatMap((key) => valuesOf(pattern[key] as Pattern));
}
