// For those who write services.
export { ConfigError, errorCodes, isRedelivered, MicroError } from './errors.ts';
export type { ErrorCode, MicroErrorOptions } from './errors.ts';
export { Context } from './call.ts';
export type { Call, CallChanges, ContextKey, Interceptor, Invoke } from './call.ts';
export { metadata, noMetadata } from './metadata.ts';
export type { Metadata, MetadataSource } from './metadata.ts';
export { Logger } from './logger.ts';
export type { LogFields } from './logger.ts';
export type { Endpoint, EndpointKind, Node } from './node.ts';
export type { InputOf, JsonSchema, OutputOf, Schema } from './schema.ts';
export type { SchemaIssue, SchemaResult, ToJsonSchema } from './schema.ts';

// For those who write plugins.
export { definePlugin } from './define-plugin.ts';
export type { Configured, OpenPlugin, OptionsOf, Plugin, PluginContext } from './plugin.ts';
export type { PluginDefinition, Plugins, Role, RoleContext, RoleDefinition } from './plugin.ts';
export type { Roles, RolesOf, RoleSurroundings, SupportedRoles } from './plugin.ts';
export type { Registry, RegistryListener, RegistrySupports, Services } from './registry.ts';
export type { CallMessage, Connection, ConnectionState, Exchange } from './transport.ts';
export type { Listener, Target, Transport, TransportSupports } from './transport.ts';
export type { Broker, BrokerSubscribeOptions, BrokerSupports, Delivery } from './broker.ts';
export type { DeliveryHandler, Guarantee } from './broker.ts';
export type { Codec, CodecSupports } from './codec.ts';
export type { Candidate, Selector } from './selector.ts';
export type { Validation } from './validation.ts';
export type { Body, Message } from './message.ts';
export { closable } from './closable.ts';
export type { Closable, Losable } from './closable.ts';
export { Lifetime } from './lifetime.ts';
export type { LifetimeListener } from './lifetime.ts';
export { defaultLimits } from './limits.ts';
export type { Limits } from './limits.ts';
