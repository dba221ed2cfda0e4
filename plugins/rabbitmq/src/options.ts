import { clientTls } from '@micro-ts/tls';
import * as v from 'valibot';
import { isServer } from './address.ts';

const text = v.pipe(v.string(), v.nonEmpty());
const whole = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least));

const server = v.pipe(
  text,
  v.check(
    isServer,
    'is no server: write amqp://host:5672, amqps://host:5671 or host:5672; several are a list',
  ),
);

const exchange = v.check(
  (name: string) => !name.startsWith('amq.') || name === 'amq.topic',
  "begins with 'amq.', which is RabbitMQ's own: take another name",
);

/** Options of the plugin `rabbitmq`, for its broker and its transport alike. */
export const rabbitmqOptions = v.strictObject({
  /**
   * The server, or several of one cluster, which are tried in turn: `amqp://host:5672`,
   * `amqps://host:5671` or `host:5672`. Default: `amqp://127.0.0.1:5672`. User, password and virtual
   * host may stand in it; the options below win.
   */
  address: v.optional(v.union([server, v.pipe(v.array(server), v.minLength(1))])),
  /** Default: what the address says, else `guest`, whom RabbitMQ lets in from its own machine only. */
  username: v.optional(text),
  /** Default: what the address says, else `guest`. */
  password: v.optional(v.string()),
  /** Virtual host. Default: what the address says, else `/`. */
  vhost: v.optional(text),
  /** TLS settings. If given, addresses without a scheme use `amqps`. */
  tls: v.optional(clientTls),
  /** Interval of heartbeats in both directions, in ms; a dead connection is noticed within three. */
  heartbeat: v.optional(v.pipe(whole(1_000), v.maxValue(60_000)), 3_000),
  /** The topic exchange of the events. go-micro's is `micro`. */
  exchange: v.optional(v.pipe(text, v.maxLength(100), exchange), 'micro'),
  /** The exchange outlives a restart of the server: go-micro's option `DurableExchange`. */
  durable: v.optional(v.boolean(), false),
  /** How long a failed event waits before it comes again, in ms; doubled each time, a minute at most. */
  retryDelay: v.optional(v.pipe(whole(1), v.maxValue(60_000)), 1_000),
  /** Most dead letters that a queue keeps; the oldest go first. */
  deadLetters: v.optional(whole(1), 100_000),
});

/** Options as `micro.config.ts` may give them. */
export type RabbitmqOptions = v.InferInput<typeof rabbitmqOptions>;

/** Options with their defaults filled in. */
export type RabbitmqSettings = v.InferOutput<typeof rabbitmqOptions>;
