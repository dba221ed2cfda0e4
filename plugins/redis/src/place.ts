import { ConfigError } from '@micro-ts/interface';
import { formatAddress, parseAddress } from '@micro-ts/wire';

/** Where one server is, and what its URL says of the way in. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
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

function ofAddress(key: string, text: string, port: number): Place {
  const nothing = { username: undefined, password: undefined, database: undefined };
  try {
    const address = parseAddress(text);
    const host = address.host === '' ? '127.0.0.1' : address.host;
    return { host, port: address.port === 0 ? port : address.port, secure: false, ...nothing };
  } catch {
    throw invalid(key, 'not an address');
  }
}

function ofUrl(key: string, text: string, usual: number): Place {
  if (!URL.canParse(text)) throw invalid(key, 'not a URL');
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw invalid(key, `'${protocol}//' is not spoken here`);
  }
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

const invalid = (key: string, problem: string): ConfigError =>
  new ConfigError(
    key,
    problem,
    'Write redis://host:6379, rediss://host:6379 for TLS, or host:port.',
  );

/** `host:port`, for texts. */
export const nameOf = ({ host, port }: Pick<Place, 'host' | 'port'>): string =>
  formatAddress(host, port);
