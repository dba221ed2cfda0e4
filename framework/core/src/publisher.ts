import type { Context, MetadataSource } from '@micro-ts/interface';
import type { SentOn, Topic } from './topic.ts';

/** What one publication may ask for. */
export interface PublishOptions {
  /** Text that travels beside the event. */
  readonly metadata?: MetadataSource;
  /** Events with the same key keep their order, where the broker can do that. */
  readonly key?: string | undefined;
  /** The call that this is part of; inside a handler it is known without it. */
  readonly context?: Context | undefined;
  /** Codec of the event. Default `application/json`. */
  readonly contentType?: string | undefined;
}

/**
 * Publishes events. Inject it: an abstract class, so that it is a type and an injection token in one.
 * @example
 * constructor(@Inject(Publisher) private readonly events: Publisher) {}
 * // in a method
 * await this.events.publish(userCreated, { id: '1', name: 'Ann' });
 */
export abstract class Publisher {
  /**
   * Resolves when the broker has taken the event.
   * @param topic what `topic()` made, which types the event, or a name, for any object.
   * @throws MicroError `unavailable` while the broker cannot be reached.
   */
  abstract publish<K extends Topic | string>(
    topic: K,
    event: SentOn<K>,
    options?: PublishOptions,
  ): Promise<void>;
}
