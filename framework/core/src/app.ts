import type { Closable, Context, Node, RegistryListener } from '@micro-ts/interface';
import type { AppHealth } from './health.ts';
import type { RawCallOptions } from './caller.ts';
import type { ClientFactory } from './client-types.ts';
import type { PublishOptions } from './publisher.ts';
import type { SubscriptionOptions } from './subscriptions.ts';
import type { ReceivedOn, SentOn, Topic } from './topic.ts';

/** A running app: its services, and the verbs by name on which typed clients and tools stand. */
export interface App {
  readonly name: string;
  /** The records of its services, one for each service name. */
  readonly nodes: readonly Node[];
  /**
   * A client of a service, typed by its class. Cheap to make, and made once where that is possible.
   * @example const greeter = app.client<Greeter>('greeter');
   */
  readonly client: ClientFactory;
  /**
   * Calls an endpoint by its name. The request may be `Raw`, bytes with a content type, and with
   * `raw: true` the answer is.
   * @returns the answer, or an async iterable of answers if the endpoint streams
   * @throws MicroError for everything that goes wrong
   */
  call(
    service: string,
    endpoint: string,
    request?: unknown,
    options?: RawCallOptions,
  ): Promise<unknown>;
  /** Publishes an event. Resolves when the broker has taken it. */
  publish<K extends Topic | string>(
    topic: K,
    event: SentOn<K>,
    options?: PublishOptions,
  ): Promise<void>;
  /**
   * Handles the events of a topic. Resolves when the first attempt to subscribe has ended; from then
   * on it is kept open until it is closed.
   */
  subscribe<K extends Topic | string>(
    topic: K,
    handler: (event: ReceivedOn<K>, context: Context) => Promise<void>,
    options?: SubscriptionOptions,
  ): Promise<Closable>;
  /** Keeps the record of somebody else registered, until it is closed. @param ttl in ms; 30,000 */
  register(node: Node, ttl?: number): Promise<Closable>;
  /** Removes a record, whoever registered it. A process that still renews it puts it back. */
  deregister(node: Node): Promise<void>;
  /** The nodes of a service, asked of the registry. */
  lookup(service: string): Promise<readonly Node[]>;
  /** Names of the services that have nodes. */
  list(): Promise<readonly string[]>;
  /** Tells all nodes, then changes; of one service, or of all. Kept open until it is closed. */
  watch(listener: RegistryListener, service?: string): Promise<Closable>;
  /** Health of its registrations, subscriptions and watches. */
  health(): AppHealth;
  /**
   * Stops without losing a call: deregisters, serves on for the grace, takes no new calls, finishes
   * those that run, calls the services' `stopping`, and closes everything. Idempotent.
   */
  close(): Promise<void>;
}

/** Methods of a service class that the app calls, if they are there and are no handlers. */
export interface ServiceLifecycle {
  /** The app listens; nobody knows of it yet. Calls can be made. A rejection fails the boot. */
  started?(): Promise<void> | void;
  /** No call runs any more; others can still be called. */
  stopping?(): Promise<void> | void;
}
