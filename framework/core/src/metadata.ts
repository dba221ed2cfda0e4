import 'reflect-metadata';
import { ConfigError } from '@micro-ts/interface';
import type { SubscriptionOptions } from './subscriptions.ts';

// One store for both kinds of decorators: `class[Symbol.metadata]`, as the TC39 proposal draws it.
// Standard decorators reach it as `context.metadata`, legacy ones through the constructor. The
// compilers take the symbol from here, because this file is evaluated before any decorated class.
const symbols = Symbol as { metadata?: symbol };
symbols.metadata ??= Symbol.for('Symbol.metadata');
const metadataKey: symbol = symbols.metadata;
const recordKey = Symbol.for('@micro-ts/record');

/** What `@Handler` said of a method. */
export interface HandlerRecord {
  readonly method: string;
  /** Name of the endpoint after the dot, where it is not the method's own. */
  readonly name?: string;
  readonly request?: unknown;
  readonly response?: unknown;
  readonly stream?: 'client' | 'bidi';
  readonly idempotent?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  /** `GET /greet/:name`. */
  readonly http?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly internal?: boolean;
}

/** What one `@Subscribe` said of a method. */
export interface SubscriptionRecord extends Omit<SubscriptionOptions, 'raw'> {
  readonly method: string;
  readonly topic: string;
  /** The schema of the event: the subscription's own, else the topic's. */
  readonly event?: unknown;
}

/** What `@Service` said of a class. */
export interface ServiceRecord {
  readonly name: string;
  readonly version: string;
  readonly prefix?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly internal?: boolean;
}

/** One thing to inject, and for a field the way to put it there. */
export interface Injection {
  readonly token: unknown;
  readonly set?: (instance: object, value: unknown) => void;
}

/** All that the decorators said of one class. */
export interface Recorded {
  /** Not inherited: a service says its own name. */
  service?: ServiceRecord;
  /** The container may construct it. Not inherited. */
  injectable?: boolean;
  /** By method, with those of the parent class. */
  handlers: Map<string, HandlerRecord>;
  /** By method, with those of the parent class. */
  subscriptions: Map<string, readonly SubscriptionRecord[]>;
  /** By position, 0 for the first. Those of the class's own constructor. */
  parameters: Map<number, Injection>;
  /** By name, with those of the parent class. */
  fields: Map<string | symbol, Injection>;
  /** What the parent class has. */
  readonly parent: Recorded | undefined;
}

/** What decorators said of a class and of its parents; `undefined` if they never said anything. */
export function read(target: object): Recorded | undefined {
  const bag = bagOf(target);
  const recorded = bag?.[recordKey];
  if (bag === undefined || recorded === undefined) return undefined;
  const own = Object.hasOwn(target, metadataKey) && Object.hasOwn(bag, recordKey);
  return own ? recorded : inheriting(recorded);
}

/** The record that legacy decorators of a class write to. */
export function recordOf(target: object): Recorded {
  if (!Object.hasOwn(target, metadataKey)) {
    const value: Bag = Object.create(bagOf(target) ?? null);
    Object.defineProperty(target, metadataKey, { value, configurable: true, writable: true });
  }
  return ownRecord((target as Decorated)[metadataKey] as Bag);
}

/** The record that standard decorators of a class write to. */
export function recordFrom({ metadata }: StandardContext): Recorded {
  if (metadata !== undefined) return ownRecord(metadata as Bag);
  throw new ConfigError(
    'decorators',
    'the compiler passes no context.metadata',
    'TypeScript 5.2, SWC and esbuild 0.21 do, or any later one; or use legacy decorators (experimentalDecorators).',
  );
}

/** The part of a standard decorator's second argument that is used here. */
export interface StandardContext {
  readonly kind: string;
  readonly name?: string | symbol | undefined;
  readonly static?: boolean;
  readonly private?: boolean;
  readonly metadata?: object | undefined;
  readonly access?: { set?(instance: object, value: unknown): void };
}

/** Tells standard decorators from legacy ones, by their second argument. */
export function isStandard(second: unknown): second is StandardContext {
  return typeof second === 'object' && second !== null && 'kind' in second;
}

type Bag = Record<symbol, Recorded | undefined>;
type Decorated = Record<symbol, Bag | undefined>;

function bagOf(target: object): Bag | undefined {
  return (target as Decorated)[metadataKey];
}

function ownRecord(bag: Bag): Recorded {
  const found = bag[recordKey];
  if (found !== undefined && Object.hasOwn(bag, recordKey)) return found;
  const fresh = inheriting(found);
  bag[recordKey] = fresh;
  return fresh;
}

/** What a class has that says nothing itself. */
function inheriting(parent: Recorded | undefined): Recorded {
  return {
    handlers: new Map(parent?.handlers),
    subscriptions: new Map(parent?.subscriptions),
    parameters: new Map(),
    fields: new Map(parent?.fields),
    parent,
  };
}
