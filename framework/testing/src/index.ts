export { registryKit } from './registry/registry-kit.ts';
export type { RegistryKit } from './registry/registry-kit.ts';
export { brokerKit } from './broker/broker-kit.ts';
export type { BrokerKit, DeadLetters } from './broker/broker-kit.ts';
export { transportKit } from './transport/transport-kit.ts';
export type { TransportKit } from './transport/transport-kit.ts';
export type { It } from './clause.ts';
export type { PluginFactory } from './open.ts';
export type { ServerUnderTest } from './server-under-test.ts';
