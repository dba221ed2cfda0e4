// An app in Nest.
export { MicroModule } from './micro.module.ts';
export type { MicroConfigFactory, MicroModuleAsyncOptions } from './micro.module.ts';
export { App } from './app.ts';
export { getClientToken, InjectClient } from './inject-client.ts';
export { CancelOnDisconnect } from './cancel-on-disconnect.ts';
export { MicroExceptionFilter } from './micro-exception.filter.ts';
export { httpExceptionOf, microErrorOf } from './errors.ts';
export { NestLogger } from './nest-logger.ts';

// Nest as a service, and its clients.
export { MicroServer } from './micro-server.ts';
export type { MicroServerOptions, MicroServerStatus } from './micro-server.ts';
export { MicroContext } from './micro-context.ts';
export type { EventOptions, MessageOptions } from './service-classes.ts';
export { MicroClientProxy, MicroRecord } from './micro-client-proxy.ts';
export type { MicroClientOptions, MicroRecordOptions } from './micro-client-proxy.ts';
export { endpointOf, topicOf } from './pattern.ts';
export type { Pattern } from './pattern.ts';
