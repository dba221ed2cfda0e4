import { ConfigError } from '@micro-ts/interface';
import { formatAddress, parseAddress } from '@micro-ts/wire';

/** Where one server is, and what its URL says of the way in. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** Whether it speaks TLS; `undefined` if its address has no scheme. */
  readonly secure: boolean | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number | undefined;
}

/**
 * Reads `redis://user:password@host:6379/0`, `rediss://…`, `host:port` and `host`.
 * @throws ConfigError for everything else; its text does not repeat the URL, which may hold a password
 */
export function parsePlace(key: string, text: string, port = 6379): Place {
  return /^[a-z+]+:\/\//i.test(text) ? ofUrl(key, text, port) : ofAddress(key, text, port);
}

function ofAddress(key: string, text: string, usual: number): Place {
  const nothing = { username: undefined, password: undefined, database: undefined };
  if (text.includes(',')) throw several(key);
  try {
    if (/[@?#]/.test(text)) throw new Error('what only a URL has');
    const { host, port, lastPort } = parseAddress(text);
    if (lastPort !== port) throw new Error('a range');
    const place = { host: host === '' ? '127.0.0.1' : host, port: port === 0 ? usual : port };
    return { ...place, secure: undefined, ...nothing };
  } catch {
    throw invalid(key, 'not an address');
  }
}

function ofUrl(key: string, text: string, usual: number): Place {
  if (!URL.canParse(text)) {
    if (text.includes(',')) throw several(key);
    throw invalid(key, 'not a URL; ports are at most 65535');
  }
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw invalid(key, `'${protocol}//' is not spoken here`);
  }
  if (hostname.includes(',')) throw several(key);
  if (port === '0') throw invalid(key, 'nothing listens on port 0');
  if (search !== '' || hash !== '') throw invalid(key, "what follows '?' or '#' is not read");
  const database = pathname.replace(/^\//, '');
  if (!/^\d*$/.test(database)) throw invalid(key, 'its path is not the number of a database');
  return {
    host: hostname === '' ? '127.0.0.1' : hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? usual : Number(port),
    secure: protocol === 'rediss:',
    username: username === '' ? undefined : decoded(key, username),
    password: password === '' ? undefined : decoded(key, password),
    database: database === '' ? undefined : Number(database),
  };
}

function decoded(key: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(key, "a '%' in its user or password stands for itself only as '%25'");
  }
}

const several = (key: string): ConfigError =>
  new ConfigError(key, 'several addresses in one text', "Write a list: ['host:1', 'host:2'].");

const invalid = (key: string, problem: string): ConfigError =>
  new ConfigError(
    key,
    problem,
    'Write redis://host:6379, rediss://host:6379 for TLS, or host:port.',
  );

/** `host:port`, for texts. */
export const nameOf = ({ host, port }: Pick<Place, 'host' | 'port'>): string =>
  formatAddress(host, port);
