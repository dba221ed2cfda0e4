/** Where Consul's HTTP API is. */
export interface Place {
  /** `http://127.0.0.1:8500` */
  readonly origin: string;
  /** What paths begin with, where Consul stands behind something else; mostly nothing. */
  readonly prefix: string;
  readonly secure: boolean;
  /** For texts: `consul at 127.0.0.1:8500`. */
  readonly name: string;
}

const defaultPort = 8500;

/** What {@link readPlace} takes, for texts. */
export const placeForms =
  'is none of host:port, http://host:port and https://host:port; lists and sockets (unix://) are not supported, and a token is an option of its own';

/**
 * Reads `host`, `host:port`, `http://host:port` and `https://host:port/prefix`; `undefined` for what is
 * none of them, or has a user or a password in it.
 * @param secure speak TLS where the address does not say.
 */
export function readPlace(text: string, secure = false): Place | undefined {
  const own = /^https?:\/\//i.test(text);
  if (!own && text.includes('://')) return undefined;
  let url: URL;
  try {
    url = new URL(own ? text : `${secure ? 'https' : 'http'}://${text}`);
  } catch {
    return undefined;
  }
  if (`${url.username}${url.password}${url.search}${url.hash}` !== '' || /[\s@,]/.test(text)) {
    return undefined;
  }
  // `host:80` is parsed as a host with the port that http has anyway.
  if (!own && url.port === '' && !/:\d+$/.test(text)) url.port = String(defaultPort);
  const isSecure = url.protocol === 'https:';
  const port = url.port === '' ? (isSecure ? '443' : '80') : url.port;
  return {
    origin: url.origin,
    prefix: url.pathname.replace(/\/+$/, ''),
    secure: isSecure,
    name: `consul at ${url.hostname}:${port}`,
  };
}
