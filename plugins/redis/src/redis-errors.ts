import { ConfigError, MicroError } from '@micro-ts/interface';
import type { ErrorCode } from '@micro-ts/interface';

interface Meaning {
  readonly says: RegExp;
  readonly code: ErrorCode;
  /** What it means and what to change; `undefined` keeps the words of the server. */
  readonly text?: string;
  /** What is told besides: the code of the network, or the key in question. */
  readonly tells?: 'code' | 'key';
  /** Nothing was processed. */
  readonly refused?: true;
}

/** A sentinel is asked for a name that it does not know. */
const unknownName = /got an invalid reply: null/;

export const isUnknownName = ({ message }: Error): boolean => unknownName.test(message);

/** No sentinel has told where the server is. */
export const isNoSentinel = (cause: unknown): boolean => wordsOf(cause).startsWith('All sentinels');

/** The connection ended, and nobody said why. */
export const isHangUp = (cause: unknown): boolean =>
  /^(ECONNRESET|EPIPE)|^Connection is closed/.test(wordsOf(cause));

/** The first that fits counts. */
const meanings: readonly Meaning[] = [
  {
    says: unknownName,
    code: 'failed_precondition',
    text: 'is not known to the sentinels: check redis.sentinel.name',
    refused: true,
  },
  {
    says: /^All sentinels .*(WRONGPASS|NOAUTH|invalid password|invalid username-password|NOPERM)/i,
    code: 'unauthenticated',
    text: 'cannot be asked for: the sentinels refuse redis.sentinel.username and redis.sentinel.password',
    refused: true,
  },
  {
    says: /^All sentinels/,
    code: 'unavailable',
    text: 'cannot be asked for: no sentinel answers, check redis.sentinel.addresses and redis.tls',
    refused: true,
  },
  {
    says: /WRONGPASS|invalid password|invalid username-password/i,
    code: 'unauthenticated',
    text: 'refuses redis.username and redis.password',
    refused: true,
  },
  {
    says: /NOAUTH|without any password configured|no password is set/i,
    code: 'unauthenticated',
    text: 'asks for redis.password, or for none',
    refused: true,
  },
  {
    says: /NOPERM/,
    code: 'permission_denied',
    text: 'does not permit this to the user redis.username',
    refused: true,
  },
  {
    says: /QUEUEFULL/,
    code: 'resource_exhausted',
    text: 'a queue of this topic holds as many events as redis.maxLength says',
    refused: true,
  },
  {
    says: /\bOOM\b/,
    code: 'resource_exhausted',
    text: 'is out of memory: raise its maxmemory, or let consumers catch up',
    refused: true,
  },
  {
    says: /DB index is out of range|invalid DB index|SELECT is not allowed/i,
    code: 'invalid_argument',
    text: 'has no such database: change redis.database',
    refused: true,
  },
  { says: /LOADING/, code: 'unavailable', text: 'is reading what it kept', refused: true },
  {
    says: /WRONGTYPE/,
    code: 'data_loss',
    text: 'holds something else under a key of this app: delete it, or change redis.prefix',
    tells: 'key',
  },
  {
    says: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|offline queue/i,
    code: 'unavailable',
    text: 'cannot be reached: check the server and redis.address',
    tells: 'code',
    refused: true,
  },
  {
    says: /no answer to TLS/,
    code: 'unavailable',
    text: 'does not answer to TLS: if it speaks none, leave out redis.tls and write redis:// in the address',
  },
  {
    says: /hung up before it answered/,
    code: 'unavailable',
    text: 'hangs up before it answers: it is just stopping, or speaks TLS: then write rediss:// in the address',
  },
  {
    says: /cluster support disabled/,
    code: 'failed_precondition',
    text: 'is no cluster: write redis.address in place of redis.cluster',
    refused: true,
  },
  {
    says: /MOVED \d/,
    code: 'failed_precondition',
    text: 'has this on another node: if it is a cluster, write redis.cluster in place of redis.address',
    refused: true,
  },
  {
    says: /Unknown RESP type/,
    code: 'failed_precondition',
    text: 'does not speak as Redis does: another server is behind redis.address',
  },
  {
    says: /certificate|CERT|ALTNAME|wrong version number|SSL|TLS/i,
    code: 'unavailable',
    text: 'and this app do not agree on TLS: check redis.tls.ca, redis.tls.servername and redis.address',
    tells: 'code',
    refused: true,
  },
];

/**
 * The error of the driver or the server as Micro's. It names the server, and no secret.
 * @param keys what was worked on
 */
export function redisError(
  cause: unknown,
  server: string,
  keys: readonly string[] = [],
): MicroError | ConfigError {
  if (cause instanceof MicroError || cause instanceof ConfigError) return cause;
  const said = wordsOf(cause);
  const found = meanings.find(({ says }) => says.test(said));
  const { code = 'unavailable', text, refused = false } = found ?? {};
  const told = detailOf(found, cause, keys);
  const shown = told === undefined ? text : `${text} (${told})`;
  return new MicroError(code, `redis at ${server} ${shown ?? `failed: ${said.slice(0, 200)}`}`, {
    cause: new Error(said.slice(0, 500)), // the driver's own carries the command with its arguments
    refused,
  });
}

/** What helps to find it, where its meaning alone does not. */
function detailOf(
  meaning: Meaning | undefined,
  cause: unknown,
  keys: readonly string[],
): string | undefined {
  if (meaning?.tells === 'code') return codeOf(cause);
  if (meaning?.tells !== 'key') return undefined;
  return / (\S*\{\S*)$/.exec(wordsOf(cause))?.[1] ?? keys.join(' or ');
}

/** After these the connection is of no more use: the server is not what it was. */
export const isFatal = (cause: unknown): boolean =>
  /READONLY|MASTERDOWN|Command timed out|Connection is closed|NOAUTH|CLUSTERDOWN|LOADING/i.test(
    wordsOf(cause),
  );

function wordsOf(cause: unknown): string {
  const { message, code, lastNodeError } = cause as {
    message?: string;
    code?: string;
    lastNodeError?: unknown;
  };
  if (lastNodeError !== undefined && lastNodeError !== null) return wordsOf(lastNodeError);
  return [code, message ?? String(cause)].filter((each) => each !== undefined).join(' ');
}

const codeOf = (cause: unknown): string => {
  const { code, lastNodeError } = cause as { code?: unknown; lastNodeError?: unknown };
  if (typeof code === 'string') return code;
  return lastNodeError === undefined ? 'no answer' : codeOf(lastNodeError);
};
