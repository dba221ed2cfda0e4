import { definePlugin } from '@micro-ts/interface';
import type { BrokerSupports, TransportSupports } from '@micro-ts/interface';
import { HttpBroker } from './http-broker.ts';
import { HttpTransport } from './http-transport.ts';
import { httpOptions } from './options.ts';
import { Scope } from './scope.ts';

const transportSupports: TransportSupports = {
  streams: true,
  cancel: true,
  grace: 2_000, // for plain HTTP clients, such as Go's; frames need none
};

const brokerSupports: BrokerSupports = {
  delivery: ['at-most-once'],
  queues: true,
  deadLetter: false,
  wildcards: false,
  ordering: 'none',
  headers: true,
};

/**
 * Calls over HTTP as go-micro makes them, over frames where both sides speak them, and events by
 * go-micro's `http` broker, which needs no server.
 * @example defineConfig({ transport: ['http', { tls: { cert: 'cert.pem', key: 'key.pem' } }] });
 */
const http = definePlugin({
  name: 'http',
  options: httpOptions,
  connect: async () => new Scope(),
  roles: {
    transport: {
      supports: transportSupports,
      create: (options, context) => new HttpTransport(options, context),
    },
    broker: {
      supports: brokerSupports,
      create: (options, context) => new HttpBroker(options, context),
    },
  },
});

declare module '@micro-ts/interface' {
  interface Plugins {
    http: typeof http;
  }
}

export default http;
export { http };
export type { HttpOptions } from './options.ts';
