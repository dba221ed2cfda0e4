import type { InputOf, OutputOf, Schema } from '@micro-ts/interface';
import { ConfigError } from '@micro-ts/interface';
import type { Class } from './class.ts';

/** What may stand in `request:`, `response:`, `event:` and `schema:`: a Standard Schema or a class. */
export type SchemaOrClass = Schema | Class;

/** Type of the values that a schema lets through. */
export type ValueOf<S> = S extends Schema ? OutputOf<S> : S extends Class<infer T> ? T : unknown;

/** Type of the values that a schema accepts; anything for `unchecked`. */
export type AcceptedBy<S> = S extends Schema
  ? [InputOf<S>] extends [never]
    ? unknown
    : InputOf<S>
  : S extends Class<infer T>
    ? T
    : unknown;

/**
 * A schema that is `undefined` comes from a file that is still loading. Without a word its values
 * would go unchecked.
 * @throws ConfigError
 */
export function refuseUndefined(place: string, options: object, keys: readonly string[]): void {
  for (const key of keys) {
    if (!(key in options) || (options as Record<string, unknown>)[key] !== undefined) continue;
    throw new ConfigError(
      place,
      `${key} is undefined`,
      'Its file is still loading: two files import each other. Move the schema to a file of its own.',
    );
  }
}
