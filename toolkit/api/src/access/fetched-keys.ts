import { ConfigError } from 'micro-ts';
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors } from 'jose';
import type { JWTVerifyGetKey } from 'jose';
import type { JwtOptions } from './options.ts';
import { refusal } from './refusal.ts';

/** After a fetch that failed, nobody tries again for so long, in ms: junk is not to knock for us. */
const pause = 1_000;
/** How long keys are believed beyond their time while no others can be had, in ms. */
const grace = 3_600_000;
const mostBytes = 1_048_576;

/**
 * Keys of a JWKS that is fetched when it is needed. While its server is away, the last ones hold for
 * an hour beyond their time.
 * @throws ConfigError for a URL that others could answer. The keys throw MicroError `unavailable` if
 *   there are none
 */
export function fetchedKeys(url: URL, options: JwtOptions, key: string): JWTVerifyGetKey {
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))
    throw new ConfigError(
      `${key}.jwksUrl`,
      'lets others change the keys on their way',
      'Use https.',
    );
  const { cacheFor, coolDown, timeout } = options;
  let fetchedAt = -Infinity;
  let failedAt = -Infinity;
  const keys = createRemoteJWKSet(url, {
    ...{ cacheMaxAge: cacheFor, cooldownDuration: coolDown, timeoutDuration: timeout },
    [customFetch]: async (target: string, init: RequestInit) => {
      const response = await fetchBounded(target, init);
      if (response.ok) fetchedAt = performance.now();
      return response;
    },
  });
  const lastOnes: JWTVerifyGetKey = async (header, token) => {
    const known = keys.jwks();
    if (known === undefined || performance.now() - fetchedAt > cacheFor + grace)
      throw refusal('unavailable', 'the keys of tokens cannot be fetched');
    return createLocalJWKSet(known)(header, token);
  };
  return async (header, token) => {
    if (performance.now() - failedAt < pause) return lastOnes(header, token);
    try {
      return await keys(header, token);
    } catch (error) {
      if (isOfToken(error)) throw error;
      failedAt = performance.now();
      return lastOnes(header, token);
    }
  };
}

/** The token is to blame, and not the server of the keys. */
const isOfToken = (error: unknown): boolean =>
  [
    ...[errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys],
    ...[errors.JOSENotSupported, errors.JWSInvalid],
  ].some((type) => error instanceof type);

async function fetchBounded(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new Error(`more than ${mostBytes} bytes of keys`);
    chunks.push(chunk);
  }
  const { ok, status, headers } = response;
  return new Response(ok ? Buffer.concat(chunks) : null, { status: ok ? status : 502, headers });
}
