import { definePlugin } from '@micro-ts/interface';
import type { BrokerSupports } from '@micro-ts/interface';
import { RedisLink } from './link.ts';
import { redisOptions } from './options.ts';
import { RedisBroker } from './redis-broker.ts';
import { RedisRegistry } from './redis-registry.ts';
import { readTarget } from './target.ts';

const brokerSupports: BrokerSupports = {
  delivery: ['at-most-once', 'at-least-once'],
  queues: true,
  deadLetter: true,
  wildcards: false,
  ordering: 'topic',
  headers: true,
};

/**
 * Broker and registry on Redis 6.2 and later.
 * @example defineConfig({ broker: ['redis', { address: 'redis://127.0.0.1:6379' }] });
 */
const redis = definePlugin({
  name: 'redis',
  options: redisOptions,
  check: readTarget,
  connect: (options, context) => RedisLink.open(options, context),
  roles: {
    broker: {
      supports: brokerSupports,
      create: (options, context) => new RedisBroker(options, context),
    },
    registry: {
      supports: { ttl: true, watch: true, scope: 'network' },
      create: (options, context) => new RedisRegistry(options, context),
    },
  },
});

declare module '@micro-ts/interface' {
  interface Plugins {
    redis: typeof redis;
  }
}

export default redis;
export { redis };
export type { RedisOptions } from './options.ts';
