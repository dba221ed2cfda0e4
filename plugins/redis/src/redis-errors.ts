import { ConfigError, MicroError } from '@micro-ts/interface';
import type { ErrorCode } from '@micro-ts/interface';

interface Meaning {
  readonly says: RegExp;
  readonly code: ErrorCode;
  /** What it means and what to change; `undefined` keeps the words of the server. */
  readonly text?: string;
  /** Nothing was processed. */
  readonly refused?: true;
}

/** The first that fits counts. */
const meanings: readonly Meaning[] = [
  {
    says: /WRONGPASS|invalid password|invalid username-password/i,
    code: 'unauthenticated',
    text: 'refuses the options username and password',
    refused: true,
  },
  {
    says: /NOAUTH|without any password configured|no password is set/i,
    code: 'unauthenticated',
    text: 'asks for the option password, or for none',
    refused: true,
  },
  {
    says: /NOPERM/,
    code: 'permission_denied',
    text: 'does not permit this to the user of the option username',
    refused: true,
  },
  {
    says: /QUEUEFULL/,
    code: 'resource_exhausted',
    text: 'a queue of this topic holds as many events as the option maxLength says',
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
    text: 'has no such database: change the option database',
    refused: true,
  },
  { says: /LOADING/, code: 'unavailable', text: 'is reading what it kept', refused: true },
  { says: /WRONGTYPE/, code: 'data_loss', text: 'holds something else under a key of this prefix' },
  {
    says: /certificate|CERT|ALTNAME|wrong version number|SSL|TLS/i,
    code: 'unavailable',
    text: 'and this app do not agree on TLS: check the options tls.ca, tls.servername and address',
    refused: true,
  },
  {
    says: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|offline queue/i,
    code: 'unavailable',
    text: 'cannot be reached: check the server and the option address',
    refused: true,
  },
];

/** The error of the driver or the server as Micro's. It names the server, and no secret. */
export function redisError(cause: unknown, server: string): MicroError | ConfigError {
  if (cause instanceof MicroError || cause instanceof ConfigError) return cause;
  const said = wordsOf(cause);
  const found = meanings.find(({ says }) => says.test(said));
  const { code = 'unavailable', text, refused = false } = found ?? {};
  const shown = /not agree|be reached/.test(text ?? '') ? `${text} (${codeOf(cause)})` : text;
  return new MicroError(code, `redis at ${server} ${shown ?? `failed: ${said.slice(0, 200)}`}`, {
    cause: new Error(said.slice(0, 500)), // the driver's own carries the command with its arguments
    refused,
  });
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
