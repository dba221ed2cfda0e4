import { Context, MicroError } from '@micro-ts/interface';
import type { Call, CallChanges, ContextKey, EndpointKind, Lifetime } from '@micro-ts/interface';
import type { Metadata, Selector } from '@micro-ts/interface';
import type { Filters } from './filters.ts';
import type { Peer } from './peer.ts';

/** What is called, and with what besides the request: a `CallMessage` has all of it. */
export interface CallFacts {
  readonly service: string;
  readonly endpoint: string;
  readonly metadata: Metadata;
  readonly lifetime: Lifetime;
  readonly attempt: number;
  readonly peer?: string | undefined;
}

/** What the endpoint says of itself. */
export interface CallNature {
  readonly side: 'client' | 'server';
  readonly kind: EndpointKind;
  readonly idempotent: boolean;
}

/** Where a client wants its call to go, and in what form. */
export interface Route {
  readonly selector?: Selector | undefined;
  readonly filters?: Filters | undefined;
  readonly address?: string | undefined;
  readonly retries?: number | undefined;
  readonly contentType?: string | undefined;
  /** Resolve with `Raw` instead of a value. */
  readonly raw?: boolean | undefined;
}

/** The way of most calls: any node, the default codec. */
const anyRoute: Route = Object.freeze({});

const nobody: readonly Peer[] = [];

/** A call on its way through the rooms of this process. */
export class LiveCall extends Context implements Call {
  readonly side: 'client' | 'server';
  readonly kind: EndpointKind;
  readonly service: string;
  readonly endpoint: string;
  readonly request: unknown;
  readonly metadata: Metadata;
  readonly lifetime: Lifetime;
  readonly attempt: number;
  readonly idempotent: boolean;
  readonly route: Route;
  peer: string | undefined;
  /** The node of this attempt, once it is chosen. */
  chosen: Peer | undefined = undefined;
  /** The nodes of earlier attempts. */
  readonly tried: readonly Peer[];
  #values: Map<ContextKey<unknown>, unknown> | undefined = undefined;
  /** The call that this one is a changed copy of. */
  #original: LiveCall | undefined = undefined;
  #over = false;

  constructor(
    { side, kind, idempotent }: CallNature,
    { service, endpoint, metadata, lifetime, attempt, peer }: CallFacts,
    request: unknown,
    route: Route = anyRoute,
    tried: readonly Peer[] = nobody,
  ) {
    super();
    this.side = side;
    this.kind = kind;
    this.service = service;
    this.endpoint = endpoint;
    this.request = request;
    this.metadata = metadata;
    this.lifetime = lifetime;
    this.attempt = attempt;
    this.idempotent = idempotent;
    this.peer = peer;
    this.route = route;
    this.tried = tried;
  }

  get signal(): AbortSignal {
    return this.lifetime.signal;
  }

  get timeLeft(): number {
    return this.lifetime.left;
  }

  /** It was answered. What the handler still does is no part of it any more. */
  get over(): boolean {
    return this.#original === undefined ? this.#over : this.#original.over;
  }

  finish(): void {
    this.#over = true;
  }

  get<T>(key: ContextKey<T>): T {
    const values = this.#values;
    return values?.has(key) ? (values.get(key) as T) : key.initial;
  }

  set<T>(key: ContextKey<T>, value: T): void {
    this.#values ??= new Map();
    this.#values.set(key, value);
  }

  with(changes: CallChanges): LiveCall {
    this.#values ??= new Map();
    const { service, endpoint, peer } = this;
    const { metadata = this.metadata, lifetime = this.lifetime, attempt = this.attempt } = changes;
    const facts: CallFacts = { service, endpoint, peer, metadata, lifetime, attempt };
    const request = 'request' in changes ? changes.request : this.request;
    const tried = this.chosen === undefined ? this.tried : [...this.tried, this.chosen];
    const copy = new LiveCall(this, facts, request, this.route, tried);
    copy.#values = this.#values;
    copy.#original = this;
    return copy;
  }
}

/**
 * A call as an interceptor passes it on.
 * @throws MicroError if it made one up: a call is more than its fields
 */
export function asLiveCall(call: Call): LiveCall {
  if (call instanceof LiveCall) return call;
  throw new MicroError(
    'internal',
    'an interceptor passed on what is no call: use call.with({ … })',
  );
}
