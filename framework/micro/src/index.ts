// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- tsc leaves out imports of nothing but types
/// <reference path="../plugins.d.ts" preserve="true" />

// Programs.
export { run } from './run.ts';
export { createApp } from './create-app.ts';
export type { AppParts } from './create-app.ts';
export { createLogger } from './create-logger.ts';
export { closeOnSignal } from './signals.ts';
export { defineConfig } from './config.ts';
export type { Config, ToolkitOptions, Use } from './config.ts';
export { loadConfig } from './load-config.ts';
export type { LoadedConfig } from './load-config.ts';
export { settingNames } from './environment.ts';

// Services.
export { Client, Handler, Inject, Injectable, Service, Subscribe } from '@micro-ts/core';
export { provide, Publisher, role, token, topic, unchecked } from '@micro-ts/core';
export type { Class, HandlerOptions, Provider, PublishOptions } from '@micro-ts/core';
export type { ReceivedOn, SentOn, ServiceLifecycle, ServiceOptions } from '@micro-ts/core';
export type { SubscribeOptions, Token, Topic } from '@micro-ts/core';

// Calls.
export { byKey, isUnreachable, leastInFlight, Raw, roundRobin } from '@micro-ts/core';
export type { CallOptions, ClientFactory, ClientMethod, Filters } from '@micro-ts/core';
export type { RawCallOptions, UntypedClient } from '@micro-ts/core';

// Apps.
export { ConsoleLogger } from '@micro-ts/core';
export type { App, AppHealth, DebugStats, EndpointFigures } from '@micro-ts/core';
export type { HistogramSnapshot, LogLevel, PartHealth, SubscriptionOptions } from '@micro-ts/core';

// The nouns.
export { ConfigError, Context, errorCodes, Logger, metadata, MicroError } from '@micro-ts/core';
export { noMetadata } from '@micro-ts/core';
export type { Call, ContextKey, Endpoint, EndpointKind, ErrorCode } from '@micro-ts/core';
export type { Interceptor, Invoke, LogFields, Metadata, Node, Schema } from '@micro-ts/core';
export type { Candidate, Closable, Guarantee, Limits, MetadataSource } from '@micro-ts/core';
export type { RegistryListener, Selector, Services } from '@micro-ts/core';
