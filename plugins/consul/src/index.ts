import { definePlugin } from '@micro-ts/interface';
import { accessOf } from './access.ts';
import { ConsulRegistry } from './consul-registry.ts';
import { openLink } from './link.ts';
import { consulOptions } from './options.ts';

/**
 * Registry on Consul, in go-micro's records.
 * @example defineConfig({ registry: ['consul', { address: '127.0.0.1:8500' }] });
 */
const consul = definePlugin({
  name: 'consul',
  options: consulOptions,
  connect: openLink,
  roles: {
    registry: {
      supports: { ttl: true, watch: true, scope: 'network' },
      create: (options, { connection }) => {
        accessOf(options); // what can never work is said before anything is dialled
        return new ConsulRegistry(connection);
      },
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
