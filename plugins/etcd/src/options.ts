import { certWithKey } from '@micro-ts/tls';
import * as v from 'valibot';
import { readPlace } from './place.ts';

const text = v.pipe(v.string(), v.nonEmpty());

const tls = v.pipe(
  v.strictObject({
    /** Authorities that are trusted instead of the well-known ones: PEM text, or the path of a file. */
    ca: v.optional(text),
    /** Certificate of this process, where etcd asks for one: PEM text, or the path of a file. */
    cert: v.optional(text),
    /** Its private key: PEM text, or the path of a file. */
    key: v.optional(text),
    /** Name in the certificate of etcd, where it is not the host of its address. */
    servername: v.optional(text),
  }),
  certWithKey(),
);

const address = v.pipe(
  v.string(),
  v.check(
    (text) => readPlace(text) !== undefined,
    'is a list of host:port, http://host:port or https://host:port; user and password are options of their own',
  ),
);

/** Options of the plugin `etcd`. */
export const etcdOptions = v.pipe(
  v.strictObject({
    /**
     * Members of the cluster: `host:port`, `http://host:port` or `https://host:port`, with commas
     * between several, or a list of them. They are tried in an order drawn by lot, and the first that
     * answers is taken. Default `127.0.0.1:2379`.
     */
    addresses: v.optional(
      v.pipe(
        v.union([v.string(), v.array(v.string())]),
        v.transform((given) => [given].flat().flatMap((text) => text.split(','))),
        v.transform((list) => list.map((text) => text.trim())),
        v.array(address),
        v.minLength(1),
      ),
      '127.0.0.1:2379',
    ),
    /** User of etcd. Default: `ETCD_USERNAME` from the environment, else none. */
    username: v.optional(text),
    /** The user's password. Default: `ETCD_PASSWORD` from the environment. */
    password: v.optional(v.string()),
    /** Speak TLS, to addresses without `https://` too. */
    tls: v.optional(tls),
    /** What the keys of the registry begin with. Default `/micro/registry/`, as in go-micro. */
    prefix: v.optional(
      v.pipe(
        v.string(),
        v.nonEmpty(),
        v.transform((text) => (text.endsWith('/') ? text : `${text}/`)),
      ),
      '/micro/registry/',
    ),
    /**
     * How often a connection with an open stream is asked whether it is alive, in ms; without an
     * answer in half that time it is lost. etcd hangs up on those who ask more often than its
     * `--grpc-keepalive-min-time`, which is 5 s. Default 6,000.
     */
    keepalive: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1_000)), 6_000),
  }),
  v.check(
    ({ addresses, tls }) =>
      tls === undefined || addresses.every((text) => !text.startsWith('http://')),
    'tls is given, and an address begins with http://: drop one of them',
  ),
  // Who stops the others would get the password, and read along.
  v.check(
    ({ addresses, tls }) =>
      tls !== undefined || new Set(addresses.map((text) => text.startsWith('https://'))).size === 1,
    'addresses have https:// in part: write it before each, or before none',
  ),
);

/** Options as `micro.config.ts` may give them. */
export type EtcdOptions = v.InferInput<typeof etcdOptions>;

/** Options with their defaults filled in. */
export type EtcdSettings = v.InferOutput<typeof etcdOptions>;
