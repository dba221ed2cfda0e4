import type { Context } from '@micro-ts/interface';
import type { SubscriptionRecord } from './metadata.ts';
import { methodDecorator } from './method-decorator.ts';
import type { Checked, MethodOf, PlaceVerdict } from './method-decorator.ts';
import { refuseUndefined } from './schema-or-class.ts';
import type { SchemaOrClass, ValueOf } from './schema-or-class.ts';
import type { SubscriptionOptions } from './subscriptions.ts';
import type { ReceivedOn, Topic } from './topic.ts';
import type { IsAny } from './wire-types.ts';

/** What `@Subscribe` can be told. */
export interface SubscribeOptions<E extends SchemaOrClass = SchemaOrClass> extends Omit<
  SubscriptionOptions,
  'raw'
> {
  /** Checks each event before the method runs. Default: the schema of the topic. */
  readonly event?: E;
}

/** A decorator of methods, legacy and standard, that compiles on subscribers only. */
export interface SubscribeDecorator<E> {
  <T, F = never, const K = unknown>(
    target: T,
    at: Checked<K, SubscriberVerdict<T, F, K, E>>,
    descriptor?: TypedPropertyDescriptor<F>,
  ): void;
}

/**
 * Calls a method for each event of a topic. When its promise resolves the event is acknowledged; when
 * it rejects the event comes again, while attempts last. Several may stand on one method.
 * @param topic what `topic()` made, or a name, where `*` stands for one word and `>` for all the rest,
 * if the broker can do that.
 * @example
 * class Greeter { @Subscribe(userCreated, { queue: 'greeter' })
 *   async welcome({ name }: UserCreated): Promise<void> { … }
 * }
 * @throws ConfigError if it stands elsewhere than on a method of instances.
 */
export function Subscribe<const K extends Topic | string, E extends SchemaOrClass = never>(
  topic: K,
  options: SubscribeOptions<E> = {},
): SubscribeDecorator<[E] extends [never] ? ReceivedOn<K> : ValueOf<E>> {
  return methodDecorator('@Subscribe', (record, method) => {
    refuseUndefined(`@Subscribe of ${method}`, { topic, ...options }, ['topic', 'event']);
    const { name, schema } = typeof topic === 'string' ? { name: topic, schema: undefined } : topic;
    const { event = schema, ...rest } = options;
    const subscription: SubscriptionRecord = { method, topic: name, ...rest };
    const known = record.subscriptions.get(method);
    const own = known === record.parent?.subscriptions.get(method) ? [] : (known ?? []);
    const added = event === undefined ? subscription : { ...subscription, event };
    record.subscriptions.set(method, [added, ...own]);
  });
}

type SubscriberVerdict<T, F, K, E> =
  PlaceVerdict<T, F, K, '@Subscribe', 'A subscriber'> extends infer Place extends string
    ? Place
    : EventVerdict<MethodOf<T, F>, E>;

type EventVerdict<F, E> = F extends (...args: infer A) => infer R
  ? [R] extends [void | Promise<void>]
    ? F extends (event: never, context: Context) => unknown
      ? A extends readonly []
        ? true
        : IsAny<A[0]> extends true
          ? true
          : unknown extends E
            ? true
            : [E] extends [A[0]]
              ? true
              : 'The topic carries another type of event than the first parameter has. Without a schema, a Date or a bigint arrives as text'
      : 'A subscriber takes (event, context) and nothing else; the second parameter is a Context'
    : 'A subscriber returns Promise<void>; what answers a caller is a @Handler'
  : never;
