import type { InputOf, Schema } from '@micro-ts/interface';
import type { Class } from './class.ts';
import { refuseUndefined } from './schema-or-class.ts';
import type { SchemaOrClass, ValueOf } from './schema-or-class.ts';
import type { Received, Sent } from './wire-types.ts';

/**
 * A name with the type of its events, for those who publish and those who subscribe.
 * `S` is what is published; `R` is what arrives: what the schema makes of it, else what JSON does.
 */
export interface Topic<S = unknown, R = unknown> {
  readonly name: string;
  /** Checks each event that arrives, before the subscriber gets it. */
  readonly schema: SchemaOrClass | undefined;
  /** For types only. */
  readonly '~types'?: { readonly sent: S; readonly received: R };
}

/**
 * Names a topic and the type of its events.
 * @example
 * export const userCreated = topic<UserCreated>('user.created');
 * export const userRenamed = topic('user.renamed', { schema: z.object({ id: z.string() }) });
 */
export function topic<T extends object = object>(name: string): Topic<T, Received<T>>;
export function topic<S extends SchemaOrClass>(
  name: string,
  options: { readonly schema: S },
): Topic<S extends Schema ? InputOf<S> : S extends Class<infer T> ? T : never, ValueOf<S>>;
export function topic(name: string, options: { readonly schema?: SchemaOrClass } = {}): Topic {
  refuseUndefined(`topic ${name}`, options, ['schema']);
  return { name, schema: options.schema };
}

/** Type of what can be published on a topic; any object where only its name is given. */
export type SentOn<K> =
  K extends Topic<infer S, infer _R> ? (unknown extends S ? object : Sent<S>) : object;

/** Type of what arrives on a topic; `unknown` where only its name is given. */
export type ReceivedOn<K> = K extends Topic<infer _S, infer R> ? R : unknown;
