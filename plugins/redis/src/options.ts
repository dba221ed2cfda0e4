import { clientTls } from '@micro-ts/tls';
import * as v from 'valibot';

const text = v.pipe(v.string(), v.nonEmpty());
const whole = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least));

const sentinel = v.strictObject({
  /** Name under which the sentinels know the server: `mymaster`. */
  name: text,
  /** Addresses of the sentinels: `host:26379`; `rediss://…` means TLS, to the server too. */
  addresses: v.pipe(v.array(text), v.minLength(1)),
  /** User of the sentinels, if they ask for one. */
  username: v.optional(text),
  /** Password of the sentinels, if they ask for one. */
  password: v.optional(text),
  /** TLS of the sentinels, where it is another than `tls`. */
  tls: v.optional(clientTls),
});

/** Options of the plugin `redis`, for its broker and its registry alike. */
export const redisOptions = v.pipe(
  v.strictObject({
    /**
     * The server: `redis://host:6379`, `rediss://…` for TLS, or `host:port`. Of a list, the first that
     * answers is taken. Default `redis://127.0.0.1:6379`.
     */
    address: v.optional(v.union([text, v.pipe(v.array(text), v.minLength(1))])),
    /** Addresses of some nodes of a Redis cluster, in place of `address`. */
    cluster: v.optional(v.pipe(v.array(text), v.minLength(1))),
    /** Sentinels that know where the server is, in place of `address`. */
    sentinel: v.optional(sentinel),
    /**
     * Behind NAT, as in Docker: by the addresses that nodes of the cluster, or sentinels, give, those
     * by which servers are reached from here: `{ '172.18.0.2:6379': '127.0.0.1:7001' }`.
     */
    natMap: v.optional(v.record(text, text)),
    /** User, for servers with access lists. Default: the server's default user. */
    username: v.optional(text),
    /** Password of the user. */
    password: v.optional(text),
    /** Number of the database; events without a queue reach all databases. Default 0. */
    database: v.optional(whole(0)),
    /** Speak TLS; without its own settings where the address begins with `rediss://`. */
    tls: v.optional(clientTls),
    /** Prefix of the keys of queues and of the registry. */
    prefix: v.optional(v.pipe(v.string(), v.regex(/^[^{}]+$/, 'has braces')), 'micro'),
    /**
     * Queues get what go-micro publishes too, which knows of no queues. Each consumer of a queue then
     * hears every event of its topic besides, as go-micro's do: switch it off where nobody else publishes.
     */
    goMicro: v.optional(v.boolean(), true),
    /** Most events that wait in one queue; then publishing is refused, for nothing is thrown away. */
    maxLength: v.optional(whole(1), 100_000),
    /** Approximate number of dead letters kept per topic; the oldest go first. */
    deadLetters: v.optional(whole(1), 10_000),
    /**
     * Milliseconds without a sign of life after which other consumers take over a consumer's events. A
     * handler may take longer.
     */
    claimAfter: v.optional(v.pipe(whole(1_000), v.maxValue(3_600_000)), 10_000),
  }),
  v.check(
    ({ address, cluster, sentinel: watched }) =>
      [address, cluster, watched].filter((each) => each !== undefined).length <= 1,
    'give one of address, cluster and sentinel',
  ),
  v.check(
    ({ natMap, cluster, sentinel: watched }) =>
      natMap === undefined || cluster !== undefined || watched !== undefined,
    'natMap goes with cluster or sentinel: write the address by which the server is reached',
  ),
);

/** Options as `micro.config.ts` may give them. */
export type RedisOptions = v.InferInput<typeof redisOptions>;

/** Options with their defaults filled in. */
export type RedisSettings = v.InferOutput<typeof redisOptions>;
