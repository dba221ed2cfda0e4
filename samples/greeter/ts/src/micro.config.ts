import { defineConfig } from 'micro-ts';

/** The one file that knows infrastructure. `registry: 'etcd'` would move all of this to a cluster. */
export default defineConfig({ registry: 'local', transport: 'http', broker: 'http', log: 'warn' });
