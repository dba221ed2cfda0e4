import { ConfigError, Handler, Service, Subscribe, unchecked } from 'micro-ts';
import type { Class, Context, HandlerOptions, SubscribeOptions } from 'micro-ts';
import { checkExtras } from './check-extras.ts';
import { capitalised, prefixOf } from './pattern.ts';

/**
 * What can stand beside a message pattern.
 * @example @MessagePattern('Clock.Tick', { stream: 'server' } satisfies MessageOptions)
 */
export type MessageOptions = Omit<HandlerOptions, 'name' | 'stream'> & {
  /**
   * Which side sends several messages. Without it the answer is one value, and an observable that
   * emits a second one is an error. A stream of requests is an async iterable in `@Payload()`.
   */
  readonly stream?: 'server' | 'client' | 'bidi';
};

/**
 * What can stand beside an event pattern.
 * @example @EventPattern('user.created', { queue: 'mail' } satisfies EventOptions)
 */
export type EventOptions = SubscribeOptions;

/** The service that a server is. */
export interface ServiceFacts {
  readonly name: string;
  readonly version: string | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

/** A message pattern with its handler. */
export interface MessagePlan {
  /** `Math.Sum` */
  readonly endpoint: string;
  /** As it was written, for error messages and for the record. */
  readonly pattern: string;
  readonly options: MessageOptions;
  readonly answer: (request: unknown, context: Context) => Promise<unknown>;
  readonly stream: (request: unknown, context: Context) => AsyncIterable<unknown>;
}

/** An event pattern with its handler. */
export interface EventPlan {
  readonly topic: string;
  readonly options: EventOptions;
  readonly handle: (event: unknown, context: Context) => Promise<void>;
}

type Decorator = (target: object, method: string, descriptor: PropertyDescriptor) => void;

/**
 * The classes that serve the patterns of a Nest application, as somebody would have written them:
 * one for each prefix. So everything that Micro does for a service it does for this one.
 * @throws ConfigError for two patterns that make the same endpoint
 */
export function serviceClasses(
  service: ServiceFacts,
  messages: readonly MessagePlan[],
  events: readonly EventPlan[],
): readonly Class[] {
  const drafts = new Drafts(service);
  for (const message of messages) addMessage(drafts, message);
  for (const event of events) addEvent(drafts, event, prefixOf(service.name));
  return drafts.classes;
}

/** Classes in the making, by prefix. */
class Drafts {
  readonly #service: ServiceFacts;
  readonly #classes = new Map<string, Class>();
  readonly #patterns = new Map<string, string>();

  /** A service without patterns is one all the same: the one of its own prefix is always there. */
  constructor(service: ServiceFacts) {
    this.#service = service;
    this.#class(prefixOf(service.name));
  }

  get classes(): readonly Class[] {
    return [...this.#classes.values()];
  }

  has(prefix: string, method: string): boolean {
    return this.#patterns.has(`${prefix}.${method}`);
  }

  add(prefix: string, method: string, pattern: string, value: unknown, decorate: Decorator): void {
    const key = `${prefix}.${method}`;
    const other = this.#patterns.get(key);
    if (other !== undefined) throw twice(`${prefix}.${capitalised([method])}`, pattern, other);
    this.#patterns.set(key, pattern);
    const { prototype } = this.#class(prefix);
    const descriptor = { value, configurable: true, writable: true };
    Object.defineProperty(prototype, method, descriptor);
    decorate(prototype, method, descriptor);
  }

  #class(prefix: string): Class {
    const known = this.#classes.get(prefix);
    if (known !== undefined) return known;
    const { name, version, metadata } = this.#service;
    const made = class {};
    const options = {
      prefix,
      ...(version !== undefined && { version }),
      ...(metadata && { metadata }),
    };
    Service(name, options)(made);
    this.#classes.set(prefix, made);
    return made;
  }
}

const twice = (endpoint: string, pattern: string, other: string): ConfigError =>
  new ConfigError(
    'MicroServer',
    `the patterns ${other} and ${pattern} are both the endpoint ${endpoint}`,
    "Rename one, or write it as the endpoint's name: @MessagePattern('Math.Sum').",
  );

function addMessage(
  drafts: Drafts,
  { endpoint, pattern, options, answer, stream }: MessagePlan,
): void {
  checkExtras(pattern, options);
  const dot = endpoint.indexOf('.');
  const [prefix, name] = [endpoint.slice(0, dot), endpoint.slice(dot + 1)];
  const { stream: kind, ...rest } = options;
  const metadata = { ...rest.metadata, ...(pattern !== endpoint && { pattern }) };
  const own = { request: unchecked, ...taken(rest, handlerKeys), name, metadata };
  const decorate = Handler({
    ...own,
    ...((kind === 'client' || kind === 'bidi') && { stream: kind }),
  }) as Decorator;
  // Core sees that a method streams by what it is.
  const method =
    kind === 'server' || kind === 'bidi'
      ? async function* (request: unknown, context: Context): AsyncGenerator<unknown> {
          yield* stream(request, context);
        }
      : answer;
  drafts.add(prefix, name.charAt(0).toLowerCase() + name.slice(1), pattern, method, decorate);
}

function addEvent(drafts: Drafts, { topic, options, handle }: EventPlan, prefix: string): void {
  checkExtras(topic, options);
  const name = `on${capitalised([topic])}`;
  let method = name;
  for (let n = 2; drafts.has(prefix, method); n++) method = `${name}${n}`;
  const decorate = Subscribe(topic, {
    event: unchecked,
    ...taken(options, eventKeys),
  }) as Decorator;
  drafts.add(prefix, method, topic, handle, decorate);
}

const handlerKeys = ['request', 'response', 'idempotent', 'timeout', 'http', 'internal'] as const;
const eventKeys = ['queue', 'event', 'delivery', 'attempts', 'concurrency'] as const;

/** What is ours: a pattern may say things to several transports. */
function taken<T extends object>(options: T, keys: readonly (keyof T)[]): Partial<T> {
  const own = keys.filter((key) => key in options).map((key) => [key, options[key]]);
  return Object.fromEntries(own) as Partial<T>;
}
