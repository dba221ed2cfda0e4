import { definePlugin } from '@micro-ts/interface';
import { accessOf } from './access.ts';
import { ConsulRegistry } from './consul-registry.ts';
import { dial } from './dial.ts';
import { consulOptions } from './options.ts';

/**
 * Registry on Consul, in go-micro's records.
 * @example defineConfig({ registry: ['consul', { address: '127.0.0.1:8500' }] });
 */
const consul = definePlugin({
  name: 'consul',
  options: consulOptions,
  check: accessOf,
  connect: dial,
  roles: {
    registry: {
      supports: { ttl: true, watch: true, scope: 'network' },
      create: (_options, { connection }) => new ConsulRegistry(connection),
    },
  },
});

declare module '@micro-ts/interface' {
  interface Plugins {
    consul: typeof consul;
  }
}

export default consul;
export { consul };
export type { ConsulOptions } from './options.ts';
