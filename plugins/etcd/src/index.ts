import { definePlugin } from '@micro-ts/interface';
import { readTls } from './client.ts';
import { dial, userOf } from './dial.ts';
import { EtcdRegistry } from './etcd-registry.ts';
import { etcdOptions } from './options.ts';

/**
 * Registry on etcd, in the keys and records of go-micro.
 * @example defineConfig({ registry: ['etcd', { addresses: 'etcd-1:2379,etcd-2:2379' }] });
 */
const etcd = definePlugin({
  name: 'etcd',
  options: etcdOptions,
  check: (options) => {
    userOf(options);
    readTls(options.tls);
  },
  connect: dial,
  roles: {
    registry: {
      supports: { ttl: true, watch: true, scope: 'network' },
      create: (options, context) => new EtcdRegistry(options, context),
    },
  },
});

declare module '@micro-ts/interface' {
  interface Plugins {
    etcd: typeof etcd;
  }
}

export default etcd;
export { etcd };
export type { EtcdOptions } from './options.ts';
