import type { ConnectionOptions } from 'node:tls';
import { ConfigError } from '@micro-ts/interface';
import { readClientTls } from '@micro-ts/tls';
import type { RedisSettings } from './options.ts';
import { parsePlace } from './place.ts';
import type { Place } from './place.ts';

/** How a server is entered. */
export interface Access {
  /** There is one if there is a password. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** `undefined` if no TLS is spoken. */
  readonly tls: ConnectionOptions | undefined;
}

/** Where the server is: at one of several places, in a cluster, or where sentinels say. */
export type Target =
  | { readonly kind: 'server'; readonly servers: readonly (Place & Access)[] }
  | ({ readonly kind: 'cluster'; readonly places: readonly Place[]; natMap: NatMap } & Access)
  | ({ readonly kind: 'sentinel'; readonly sentinels: Sentinels; natMap: NatMap } & Access);

/** Those who know where the server is. */
export interface Sentinels extends Access {
  readonly name: string;
  readonly places: readonly Place[];
}

/** By the addresses that servers know of themselves, those by which they are reached. */
type NatMap = Record<string, { host: string; port: number }>;

/**
 * What the options say of the server, with the files of `tls` read.
 * @throws ConfigError if it can never work, or if something in it would not be heeded
 */
export function readTarget(options: RedisSettings): Target {
  const { address = 'redis://127.0.0.1:6379', cluster, sentinel } = options;
  if (cluster !== undefined) return clusterOf(options, cluster);
  if (sentinel !== undefined) return sentinelOf(options, sentinel);
  const servers = [address].flat().map((text) => {
    const place = parsePlace('redis.address', text);
    return { ...place, ...accessOf(options, place) };
  });
  return { kind: 'server', servers };
}

function clusterOf(options: RedisSettings, addresses: readonly string[]): Target {
  const key = 'redis.cluster';
  const places = addresses.map((each) => parsePlace(key, each));
  const said = together(key, places);
  const [inUrl, given] = [said.database ?? 0, options.database ?? 0];
  if (inUrl !== 0 || given !== 0) {
    const wrong = given !== 0 ? 'redis.database' : key;
    throw new ConfigError(wrong, 'a cluster has database 0 only', 'Leave it out.');
  }
  return { kind: 'cluster', places, natMap: natMapOf(options), ...accessOf(options, said) };
}

function sentinelOf(options: RedisSettings, sentinel: SentinelOptions): Target {
  const key = 'redis.sentinel.addresses';
  const places = sentinel.addresses.map((each) => parsePlace(key, each, 26_379));
  const said = together(key, places);
  if (said.database !== undefined) {
    throw new ConfigError(key, 'sentinels have no databases', 'Give redis.database instead.');
  }
  const tls = sentinel.tls ?? options.tls;
  const sentinels = {
    ...{ name: sentinel.name, places },
    ...accessOf({ ...sentinel, tls }, said, 'redis.sentinel'),
  };
  // TLS that was asked for on the way to the sentinels holds for the server's password too.
  const { secure } = said;
  const access = accessOf(options, { secure, username: undefined, password: undefined });
  return { kind: 'sentinel', sentinels, natMap: natMapOf(options), ...access };
}

type SentinelOptions = NonNullable<RedisSettings['sentinel']>;

function accessOf(
  options: Pick<RedisSettings, 'username' | 'password' | 'tls'>,
  url: Pick<Place, 'secure' | 'username' | 'password'>,
  key = 'redis',
): Access {
  const { username = url.username, password = url.password } = options;
  if (username !== undefined && password === undefined) {
    throw new ConfigError(`${key}.password`, 'is missing, and there is a user', 'Give both.');
  }
  const tls = readClientTls(options.tls, key) ?? (url.secure === true ? {} : undefined);
  // The driver writes to the console where a server takes a password without a user from anybody.
  const user = password === undefined ? undefined : (username ?? 'default');
  return { username: user, password, tls };
}

/** What addresses of one kind say together. */
function together(key: string, places: readonly Place[]): Omit<Place, 'host' | 'port'> {
  const one = <K extends keyof Place>(name: K, what: string): Place[K] | undefined => {
    const said = new Set(places.map((place) => place[name]).filter((each) => each !== undefined));
    if (said.size > 1)
      throw new ConfigError(key, `its addresses differ in ${what}`, 'Make it one.');
    return [...said][0];
  };
  return {
    secure: one('secure', 'TLS: redis:// and rediss://'),
    username: one('username', 'the user'),
    password: one('password', 'the password'),
    database: one('database', 'the database'),
  };
}

function natMapOf({ natMap = {} }: RedisSettings): NatMap {
  const key = 'redis.natMap';
  const entries = Object.entries(natMap).map(([inside, outside]) => {
    if (`${inside}${outside}`.includes('://')) {
      throw new ConfigError(key, 'its addresses are host:port', 'Leave out redis://.');
    }
    const [known, { host, port }] = [parsePlace(key, inside), parsePlace(key, outside)];
    return [`${known.host}:${known.port}`, { host, port }] as const;
  });
  return Object.fromEntries(entries);
}
