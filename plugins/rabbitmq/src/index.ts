import { definePlugin } from '@micro-ts/interface';
import type { BrokerSupports } from '@micro-ts/interface';
import { readClientTls } from '@micro-ts/tls';
import { RabbitmqBroker } from './broker/rabbitmq-broker.ts';
import { dial } from './connection.ts';
import { rabbitmqOptions } from './options.ts';
import { serversOf } from './servers.ts';
import { rabbitmqTransport, transportSupports } from './transport/rabbitmq-transport.ts';

const brokerSupports: BrokerSupports = {
  delivery: ['at-least-once', 'at-most-once'],
  queues: true,
  deadLetter: true,
  wildcards: true,
  ordering: 'topic',
  headers: true,
};

/**
 * Events and calls over RabbitMQ, in go-micro's formats.
 * @example defineConfig({ broker: ['rabbitmq', { address: 'amqps://queue.example.com' }] });
 */
const rabbitmq = definePlugin({
  name: 'rabbitmq',
  options: rabbitmqOptions,
  check: (options) => {
    serversOf(options);
    readClientTls(options.tls, 'rabbitmq');
  },
  connect: dial,
  roles: {
    transport: {
      supports: transportSupports,
      create: rabbitmqTransport,
    },
    broker: {
      supports: brokerSupports,
      create: (options, context) => new RabbitmqBroker(options, context),
    },
  },
});

declare module '@micro-ts/interface' {
  interface Plugins {
    rabbitmq: typeof rabbitmq;
  }
}

export default rabbitmq;
export { rabbitmq };
export type { RabbitmqOptions } from './options.ts';
