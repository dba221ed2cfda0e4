import { Context } from '@micro-ts/interface';
import type { Call, CallChanges, ContextKey, EndpointKind, Lifetime } from '@micro-ts/interface';
import type { Metadata, Selector } from '@micro-ts/interface';
import type { Filters } from './filters.ts';
import type { Peer } from './peer.ts';

/** What a call is about: everything that is told when it is made. */
export interface CallFacts {
  readonly side: 'client' | 'server';
  readonly kind: EndpointKind;
  readonly service: string;
  readonly endpoint: string;
  readonly request: unknown;
  readonly metadata: Metadata;
  readonly lifetime: Lifetime;
  readonly attempt: number;
  readonly idempotent: boolean;
  readonly peer: string | undefined;
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
export const anyRoute: Route = Object.freeze({});

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
  /** Nodes that an attempt was made on; shared by the attempts of one call. */
  tried: Peer[] | undefined;
  #values: Map<ContextKey<unknown>, unknown> | undefined = undefined;

  constructor(facts: CallFacts, route: Route, tried?: Peer[]) {
    super();
    this.side = facts.side;
    this.kind = facts.kind;
    this.service = facts.service;
    this.endpoint = facts.endpoint;
    this.request = facts.request;
    this.metadata = facts.metadata;
    this.lifetime = facts.lifetime;
    this.attempt = facts.attempt;
    this.idempotent = facts.idempotent;
    this.peer = facts.peer;
    this.route = route;
    this.tried = tried;
  }

  get signal(): AbortSignal {
    return this.lifetime.signal;
  }

  get timeLeft(): number {
    return this.lifetime.left;
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
    this.tried ??= [];
    this.#values ??= new Map();
    const { side, kind, service, endpoint, idempotent, peer } = this;
    const facts: CallFacts = {
      side,
      kind,
      service,
      endpoint,
      idempotent,
      peer,
      request: 'request' in changes ? changes.request : this.request,
      metadata: changes.metadata ?? this.metadata,
      lifetime: changes.lifetime ?? this.lifetime,
      attempt: changes.attempt ?? this.attempt,
    };
    const copy = new LiveCall(facts, this.route, this.tried);
    copy.#values = this.#values;
    return copy;
  }
}
