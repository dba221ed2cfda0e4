import { certWithKey } from '@micro-ts/tls';
import * as v from 'valibot';

const atLeast = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least));

const tls = v.pipe(
  v.strictObject({
    /** Certificate of this process, with its chain: PEM text, or the path of a file. */
    cert: v.optional(v.pipe(v.string(), v.nonEmpty())),
    /** Its private key: PEM text, or the path of a file. */
    key: v.optional(v.pipe(v.string(), v.nonEmpty())),
    /** Authorities that are trusted instead of the well-known ones: PEM text, or the path of a file. */
    ca: v.optional(v.pipe(v.string(), v.nonEmpty())),
    /** Mutual TLS: callers must show a certificate of `ca` too. */
    mutual: v.optional(v.boolean(), false),
    /** Name that the certificates of nodes carry, where nodes are registered by IP address. */
    servername: v.optional(v.pipe(v.string(), v.nonEmpty())),
    /** Accept any certificate. For tests only. */
    insecure: v.optional(v.boolean(), false),
  }),
  certWithKey(),
  v.check(
    ({ mutual, cert, ca }) => !mutual || (cert !== undefined && ca !== undefined),
    'mutual needs cert, key and ca',
  ),
);

/** Options of the plugin `http`, for its transport and its broker alike. */
export const httpOptions = v.strictObject({
  /**
   * With `cert` and `key`, listeners speak TLS and their nodes say `secure: 'true'`. With any of it,
   * an address that is called directly is called by TLS, unless it begins with `http://`.
   */
  tls: v.optional(tls),
  /** Offer frames to callers, and ask nodes that offer them. Without, every call is plain HTTP. */
  frames: v.optional(v.boolean(), true),
  /** Web origins whose pages may call: `https://app.example.com`. None by default. */
  allowedOrigins: v.optional(v.array(v.string()), []),
  /**
   * Names by which callers may know this machine, besides its addresses, `localhost`, its host name
   * and what its node advertises. They protect from web pages that rebind DNS.
   */
  allowedHosts: v.optional(v.array(v.string()), []),
  /** Most sockets to one node for plain HTTP, each with one call at a time; more calls wait. */
  connections: v.optional(atLeast(1), 256),
  /** Where the broker listens: `host:port`. Default: a free port. */
  brokerAddress: v.optional(v.pipe(v.string(), v.nonEmpty())),
});

/** Options as `micro.config.ts` may give them. */
export type HttpOptions = v.InferInput<typeof httpOptions>;

/** Options with their defaults filled in. */
export type HttpSettings = v.InferOutput<typeof httpOptions>;
