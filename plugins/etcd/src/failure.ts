import { MicroError } from '@micro-ts/interface';
import type { ErrorCode } from '@micro-ts/interface';

/** What the driver fails with. */
export interface GrpcError extends Error {
  readonly code?: number;
  readonly details?: string;
}

/** What a failure means for the connection: nothing, that it is gone, or that nobody answered in time. */
export type Consequence = 'none' | 'gone' | 'silence';

/** Codes of gRPC that need no words of our own. */
const codes: Readonly<Record<number, ErrorCode>> = {
  3: 'invalid_argument',
  5: 'not_found',
  7: 'permission_denied',
  8: 'resource_exhausted',
  9: 'failed_precondition',
  16: 'unauthenticated',
};

/** What etcd says, and what to do about it. */
const known: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [
    /user name is empty/,
    'unauthenticated',
    'wants a user: set etcd.username and etcd.password, or ETCD_USERNAME and ETCD_PASSWORD',
  ],
  [
    /invalid user ID or password/,
    'unauthenticated',
    'does not know this user with this password: check etcd.username and etcd.password',
  ],
  [
    /invalid auth token|revision of auth store is old/,
    'unauthenticated',
    'has forgotten this user',
  ],
  [
    /permission denied/,
    'permission_denied',
    'does not let this user read and write below etcd.prefix: grant it, or check etcd.username',
  ],
  [
    /request is too large|grpc: received message larger/,
    'resource_exhausted',
    'takes no record that large: raise its --max-request-bytes',
  ],
];

/** What a member says when another one should be asked. */
const unfit = /no leader|server stopped|not healthy|not capable/;
const ofTls = /certificate|self[- ]signed|altname|\bSSL\b|\bTLS\b|wrong version number/i;

/** The failure in our words. What gRPC says in it are addresses, and reasons of the system. */
export function errorOf(server: string, cause: GrpcError): MicroError {
  const { code = 14 } = cause;
  const said = tidied(cause.details || cause.message);
  const make = (as: ErrorCode, text: string): MicroError =>
    new MicroError(as, `etcd at ${server} ${text}`, { cause });
  const words = known.find(([pattern]) => pattern.test(said));
  if (words !== undefined) return make(words[1], words[2]);
  if (code === 4) return make('unavailable', 'does not answer: check etcd.addresses');
  const named = codes[code];
  if (named !== undefined) return make(named, `refuses: ${said}`);
  const option = ofTls.test(said) ? 'etcd.tls' : 'etcd.addresses';
  return make('unavailable', `cannot be asked: ${said} (check ${option})`);
}

/** Without what gRPC says each time. */
const tidied = (text: string): string =>
  text
    .replace(/^.*Last error: (Error: )?/, '')
    .replace(/\.? *Resolution note:.*$/, '')
    .replace(/ \(\d{4}-\d\d-\d\dT[^)]*\)$/, '') // when it was
    .slice(0, 300);

/** What becomes of the connection after it. */
export function consequenceOf({ code = 14, details, message }: GrpcError): Consequence {
  if (code === 4) return 'silence';
  if (codes[code] !== undefined || code === 11) return 'none';
  const said = details || message;
  return said.startsWith('etcdserver:') && !unfit.test(said) ? 'none' : 'gone';
}
