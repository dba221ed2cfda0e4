import { ConfigError } from '@micro-ts/interface';
import type { TlsSettings } from '@micro-ts/tls';
import { flagFrom, textFrom } from './environment.ts';
import { tokenForm } from './options.ts';
import type { ConsulSettings } from './options.ts';
import { placeForms, readPlace } from './place.ts';
import type { Place } from './place.ts';
import { readTls } from './tls.ts';

/** How Consul is reached, and by whom. */
export interface Access {
  readonly place: Place;
  readonly token: string | undefined;
  /** `undefined` where no TLS is spoken. */
  readonly tls: TlsSettings | undefined;
}

/**
 * What the options say, and the environment where they are silent.
 * @throws ConfigError if they contradict each other, or ask for what is not supported
 */
export function accessOf(options: ConsulSettings): Access {
  const place = placeOf(options);
  return {
    place,
    token: options.token ?? tokenOfEnvironment(),
    tls: place.secure ? readTls(options.tls) : undefined,
  };
}

/** A token must never cross a network in the open where somebody has asked for TLS. */
function placeOf({ address, tls }: ConsulSettings): Place {
  const ssl = flagFrom('CONSUL_HTTP_SSL', false);
  const [key, text] = address === undefined ? environmentAddress(ssl) : ['consul.address', address];
  if (/^http:\/\//i.test(text) && (ssl || tls !== undefined)) {
    const asked = tls === undefined ? 'CONSUL_HTTP_SSL' : 'consul.tls';
    const problem = `begins with http://, and ${asked} asks for TLS`;
    throw new ConfigError(key, problem, `Write https://, or leave ${asked} out.`);
  }
  const place = readPlace(text, ssl || tls !== undefined);
  if (place !== undefined) return place;
  throw new ConfigError(key, placeForms, `Set ${key}, or the option consul.address.`);
}

/** As Consul's own tools do, which never fall back to `http` where `CONSUL_HTTP_SSL` is set. */
function environmentAddress(ssl: boolean): readonly [key: string, text: string] {
  const text = textFrom('CONSUL_HTTP_ADDR') ?? '127.0.0.1:8500';
  return ['CONSUL_HTTP_ADDR', ssl ? text.replace(/^http:\/\//i, 'https://') : text];
}

function tokenOfEnvironment(): string | undefined {
  const token = textFrom('CONSUL_HTTP_TOKEN');
  if (token === undefined || tokenForm.test(token)) return token;
  throw new ConfigError('CONSUL_HTTP_TOKEN', 'is not visible ASCII', 'Set it to the token alone.');
}
