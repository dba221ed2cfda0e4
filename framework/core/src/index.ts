// Services.
export { Service } from './service.ts';
export type { ServiceOptions } from './service.ts';
export { Handler } from './handler.ts';
export type { HandlerOptions } from './handler.ts';
export { Subscribe } from './subscribe.ts';
export type { SubscribeOptions } from './subscribe.ts';
export { Client, Inject, Injectable } from './inject.ts';
export { unchecked } from './unchecked.ts';
export { topic } from './topic.ts';
export type { ReceivedOn, SentOn, Topic } from './topic.ts';
export { Publisher } from './publisher.ts';
export type { PublishOptions } from './publisher.ts';
export type { ServiceLifecycle } from './app.ts';

// Calls.
export type { CallOptions, ClientFactory, ClientMethod, UntypedClient } from './client-types.ts';
export type { RawCallOptions } from './caller.ts';
export type { Filters } from './filters.ts';
export { byKey } from './selectors/by-key.ts';
export { leastInFlight } from './selectors/least-in-flight.ts';
export { roundRobin } from './selectors/round-robin.ts';
export { Raw } from './raw.ts';
export { isUnreachable } from './unreachable.ts';

// Apps.
export { createApp } from './create-app.ts';
export type { App } from './app.ts';
export type { AppOptions } from './app-options.ts';
export type { AppHealth, PartHealth } from './health.ts';
export type { DebugStats } from './debug.ts';
export type { EndpointFigures } from './stats.ts';
export type { HistogramSnapshot } from './histogram.ts';
export type { SubscriptionOptions } from './subscriptions.ts';
export { UnsupportedError } from './unsupported.ts';
export { ConsoleLogger } from './console-logger.ts';
export type { LogLevel } from './console-logger.ts';
export { provide } from './container.ts';
export type { Provider } from './container.ts';
export { role, token } from './token.ts';
export type { Token } from './token.ts';
export type { Class } from './class.ts';

// The nouns, for those who write services.
export { ConfigError, Context, errorCodes, Logger, MicroError } from '@micro-ts/interface';
export { metadata, noMetadata } from '@micro-ts/interface';
export type { Call, ContextKey, Endpoint, EndpointKind, ErrorCode } from '@micro-ts/interface';
export type { Interceptor, Invoke, LogFields, Metadata, Node, Schema } from '@micro-ts/interface';
export type { Candidate, Closable, Guarantee, Limits, MetadataSource } from '@micro-ts/interface';
export type { RegistryListener, Selector, Services } from '@micro-ts/interface';
