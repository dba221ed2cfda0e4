import { definePlugin } from '@micro-ts/interface';
import { brokerSupports, NatsBroker } from './broker/nats-broker.ts';
import { readConnectionSettings } from './connection-settings.ts';
import { dial } from './connection.ts';
import { natsOptions } from './options.ts';
import { NatsRegistry, registrySupports } from './registry/nats-registry.ts';
import { natsTransport, transportSupports } from './transport/nats-transport.ts';

/**
 * Registry, transport and broker on NATS, as go-micro speaks them, and on JetStream.
 * @example defineConfig({ broker: ['nats', { servers: 'nats://127.0.0.1:4222' }] });
 */
const nats = definePlugin({
  name: 'nats',
  options: natsOptions,
  check: readConnectionSettings,
  connect: dial,
  roles: {
    registry: {
      supports: registrySupports,
      create: (options, context) => new NatsRegistry(options, context),
    },
    transport: {
      supports: transportSupports,
      create: (_options, context) => natsTransport(context),
    },
    broker: {
      supports: brokerSupports,
      create: (options, context) => new NatsBroker(options, context),
    },
  },
});

declare module '@micro-ts/interface' {
  interface Plugins {
    nats: typeof nats;
  }
}

export default nats;
export { nats };
export type { NatsOptions } from './options.ts';
