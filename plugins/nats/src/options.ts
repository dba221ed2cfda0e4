import { clientTls } from '@micro-ts/tls';
import * as v from 'valibot';

const text = v.pipe(v.string(), v.nonEmpty());
const atLeast = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least));

const server = v.pipe(
  text,
  v.check(
    (given) => !given.includes('://') || /^(nats|tls):\/\//.test(given),
    'a server is nats://host:port, tls://host:port or host:port',
  ),
);

const jetstream = v.strictObject({
  /** The stream that keeps events for `at-least-once`. It is made when it is not there. */
  stream: v.optional(
    v.pipe(v.string(), v.regex(/^[\w-]{1,200}$/, 'letters, digits, - and _')),
    'MICRO',
  ),
  /** Where the server keeps them. Only `file` outlives it. Holds when the stream is made. */
  storage: v.optional(v.picklist(['file', 'memory']), 'file'),
  /** Servers of a cluster that keep a copy. Holds when the stream is made. */
  replicas: v.optional(v.pipe(atLeast(1), v.maxValue(5)), 1),
  /** Longest that an event is kept, in ms. Default: a week. Holds when the stream is made. */
  maxAge: v.optional(atLeast(1_000), 604_800_000),
  /** Most bytes that are kept; above, publishing is refused. Default: what the server allows. */
  maxBytes: v.optional(atLeast(1_024)),
  /** Most dead letters that are kept, of all topics; the oldest go first. Holds when their stream is made. */
  deadLetters: v.optional(atLeast(1), 100_000),
  /** An event whose consumer fell silent comes again after this long, in ms. */
  ackWait: v.optional(atLeast(1_000), 6_000),
});

/** Options of the plugin `nats`, for all of its roles. */
export const natsOptions = v.pipe(
  v.strictObject({
    /**
     * One server, or several of one cluster: `nats://host:port`, or `tls://host:port`. A user and a
     * password, or a token, may stand before the host.
     */
    servers: v.optional(
      v.union([server, v.pipe(v.array(server), v.minLength(1))]),
      'nats://127.0.0.1:4222',
    ),
    /** Token of this process. */
    token: v.optional(text),
    /** User name of this process, with `password`. */
    username: v.optional(text),
    /** Its password. */
    password: v.optional(v.string()),
    /** Seed of its nkey (`SU…`), or the path of a file with it. */
    nkey: v.optional(text),
    /** Credentials (`.creds`, a JWT and its seed): their text, or the path of a file. */
    creds: v.optional(text),
    /** TLS; it is also spoken where the server demands it. */
    tls: v.optional(clientTls),
    /**
     * Subjects that the registry speaks on: go-micro's of v5.7 and later (`micro.nats.*`), those of
     * its plugins before (`micro.registry.nats.*`), or both.
     */
    subjects: v.optional(v.picklist(['micro.nats', 'micro.registry.nats', 'both']), 'micro.nats'),
    /** How the broker keeps events for subscriptions that are `at-least-once`. */
    jetstream: v.optional(jetstream, {}),
  }),
  v.check(
    ({ token, username, nkey, creds }) =>
      [token, username, nkey, creds].filter((each) => each !== undefined).length < 2,
    'give one of token, username, nkey and creds',
  ),
  v.check(
    ({ username, password }) => (username === undefined) === (password === undefined),
    'username and password belong together: give both or none',
  ),
);

/** Options as `micro.config.ts` may give them. */
export type NatsOptions = v.InferInput<typeof natsOptions>;

/** Options with their defaults filled in. */
export type NatsSettings = v.InferOutput<typeof natsOptions>;
