import { errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyOptions } from 'jose';
import { MicroError } from 'micro-ts';
import type { AllowsOf } from './api-keys.ts';
import { headerValue } from './identity.ts';
import type { Identity } from './identity.ts';
import type { JwtOptions } from './options.ts';
import { readTokenKeys } from './token-keys.ts';
import { refusal } from './refusal.ts';

/**
 * Whose token it is.
 * @throws MicroError `unauthenticated`, with why; `unavailable` if the keys cannot be fetched
 */
export type CheckToken = (token: string) => Promise<Identity>;

/** Longer ones are not looked at. */
const longest = 8_192;

/**
 * Checks JWTs as they are configured.
 * @throws ConfigError if that cannot work
 */
export function createTokenCheck(options: JwtOptions, key: string, allowsOf: AllowsOf): CheckToken {
  const { find, algorithms } = readTokenKeys(options, key);
  const { issuer, audience, clockTolerance } = options;
  const verify: JWTVerifyOptions = {
    algorithms: [...algorithms],
    clockTolerance: clockTolerance / 1_000,
    requiredClaims: ['exp', options.user],
    ...(issuer !== '*' && { issuer }),
    ...(audience !== '*' && { audience }),
  };
  return async (token) => {
    if (token.length > longest)
      throw refusal('unauthenticated', `the token is longer than ${longest} characters`);
    const payload = await jwtVerify(token, find, verify).then(
      (verified) => verified.payload,
      (error: unknown) => {
        throw refusalOf(error);
      },
    );
    return identityOf(payload, options, allowsOf);
  };
}

function identityOf(payload: JWTPayload, options: JwtOptions, allowsOf: AllowsOf): Identity {
  const name = payload[options.user];
  if (typeof name !== 'string' || name === '')
    throw refusal('unauthenticated', `the token's ${options.user} is no text`);
  const scopes = scopesOf(payload);
  const metadata: Record<string, string> = { 'x-user': headerValue(name), 'x-auth': 'jwt' };
  if (payload.iss !== undefined) metadata['x-issuer'] = headerValue(payload.iss);
  if (scopes.length > 0) metadata['x-scopes'] = headerValue(scopes.join(' '));
  for (const [claim, header] of Object.entries(options.claims)) {
    const value = Object.hasOwn(payload, claim) ? payload[claim] : undefined;
    if (value === undefined || value === null) continue;
    metadata[header] = headerValue(typeof value === 'object' ? JSON.stringify(value) : `${value}`);
  }
  return { name, kind: 'jwt', scopes, allows: allowsOf(scopes), metadata };
}

/** As a text with spaces (RFC 8693) or a list, under the names that issuers give it. */
function scopesOf(payload: JWTPayload): readonly string[] {
  for (const name of ['scope', 'scp', 'scopes']) {
    const value = payload[name];
    if (typeof value === 'string') return value.split(' ').filter((each) => each !== '');
    if (Array.isArray(value)) return value.filter(isScope);
  }
  return [];
}

/** One with a space would be two where scopes are joined. */
const isScope = (value: unknown): value is string =>
  typeof value === 'string' && /^\S+$/.test(value);

function refusalOf(error: unknown): MicroError {
  if (error instanceof MicroError) return error;
  if (error instanceof errors.JWTExpired)
    return refusal('unauthenticated', 'the token has expired');
  if (error instanceof errors.JWTClaimValidationFailed)
    return refusal('unauthenticated', `the token's ${error.claim} is not what is asked for`);
  if (error instanceof errors.JOSEAlgNotAllowed)
    return refusal('unauthenticated', "the token's algorithm is not allowed");
  if (error instanceof errors.JWKSNoMatchingKey)
    return refusal('unauthenticated', "the token's key is not known");
  return refusal('unauthenticated', 'the token is not valid');
}
