import type { Metadata } from './metadata.ts';
import type { JsonSchema } from './schema.ts';

/**
 * Which side streams. An `event` is a subscription: listed, so that tools can show it, and not to be
 * called.
 */
export type EndpointKind = 'unary' | 'server' | 'client' | 'bidi' | 'event';

/** One operation of a service, as the others see it. */
export interface Endpoint {
  /** `Greeter.Hello`: prefix and method with exactly one dot between them. */
  readonly name: string;
  readonly kind: EndpointKind;
  readonly request?: JsonSchema;
  readonly response?: JsonSchema;
  /** e.g. `http: 'GET /greet/:name'`, `idempotent: 'true'`, `topic: 'user.created'`. */
  readonly metadata: Metadata;
}

/**
 * One running instance of one version of a service, which is the name that nodes share. The one kind
 * of record that a registry holds.
 */
export interface Node {
  /** Unique for ever: a restarted process is another node. `<service>-<uuid>` by default. */
  readonly id: string;
  readonly service: string;
  readonly version: string;
  /** Where its transport answers: `10.0.0.5:8080`, `[::1]:8080`, a subject, a queue. */
  readonly address: string;
  /** Labels, and what a client needs to know to call it: `transport`, `protocol`, `secure`. */
  readonly metadata: Metadata;
  readonly endpoints: readonly Endpoint[];
}
