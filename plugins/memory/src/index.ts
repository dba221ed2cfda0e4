import { definePlugin } from '@micro-ts/interface';
import type {
  BrokerSupports,
  RegistrySupports,
  Schema,
  TransportSupports,
} from '@micro-ts/interface';
import { MemoryBroker } from './memory-broker.ts';
import { MemoryRegistry } from './memory-registry.ts';
import { MemoryTransport } from './memory-transport.ts';
import { MemoryNetwork } from './network.ts';

export { MemoryNetwork };

/** Options of {@link memory}. */
export interface MemoryOptions {
  /** Apps on the same network see each other. Default: one of its own for each `memory()`. */
  readonly network?: MemoryNetwork;
}

const registrySupports: RegistrySupports = { ttl: true, watch: true, scope: 'host' };

const transportSupports: TransportSupports = { streams: true, cancel: true, grace: 0 };

const brokerSupports: BrokerSupports = {
  delivery: ['at-least-once', 'at-most-once'],
  queues: true,
  deadLetter: true,
  wildcards: true,
  ordering: 'topic',
  headers: true,
};

const options: Schema<MemoryOptions | undefined, MemoryNetwork> = {
  '~standard': {
    version: 1,
    vendor: 'micro-ts',
    validate: (given) => {
      const { network = new MemoryNetwork(), ...rest } = given as MemoryOptions;
      const [unknown] = Object.keys(rest);
      if (unknown !== undefined) {
        return { issues: [{ message: 'is no option of memory', path: [unknown] }] };
      }
      if (network instanceof MemoryNetwork) return { value: network };
      return { issues: [{ message: 'is no MemoryNetwork', path: ['network'] }] };
    },
  },
};

export const memory = definePlugin({
  name: 'memory',
  options,
  roles: {
    registry: {
      supports: registrySupports,
      create: ({ records }) => new MemoryRegistry(records),
    },
    transport: {
      supports: transportSupports,
      create: ({ places }, { app, limits }) => new MemoryTransport(places, app, limits),
    },
    broker: {
      supports: brokerSupports,
      create: ({ topics }, { limits, logger }) => new MemoryBroker(topics, limits, logger),
    },
  },
});
export default memory;

declare module '@micro-ts/interface' {
  interface Plugins {
    memory: typeof memory;
  }
}
