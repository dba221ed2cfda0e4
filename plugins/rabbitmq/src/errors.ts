import { MicroError } from '@micro-ts/interface';
import type { ErrorCode } from '@micro-ts/interface';
import { nameOf } from './servers.ts';
import type { Server } from './servers.ts';

/** What AMQP's reply codes mean here; the others are `unavailable`. */
const codes: Readonly<Record<number, ErrorCode>> = {
  311: 'resource_exhausted', // content too large
  403: 'permission_denied',
  404: 'not_found',
  405: 'failed_precondition', // locked: it is exclusively another's
  406: 'failed_precondition',
  530: 'permission_denied',
};

/** Why a channel or a connection that was open failed. The server's own words hold no secrets. */
export function brokenError(server: string, cause: unknown, refused = false): MicroError {
  if (cause instanceof MicroError) return cause;
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
  const known = typeof code === 'number' ? codes[code] : undefined;
  const why = typeof message === 'string' ? wordsOf(message) : 'it was closed';
  return new MicroError(known ?? 'unavailable', `RabbitMQ at ${server}: ${why}`, {
    cause,
    refused,
  });
}

/** The server's words among the driver's: `Channel closed by server: 404 (NOT-FOUND) with message "…"`. */
const wordsOf = (message: string): string => /with message "(.*)"$/s.exec(message)?.[1] ?? message;

/** Why a server could not be dialled, and the option to change. */
export function dialError(server: Server, cause: unknown): MicroError {
  const { code, message = '' } = cause as { code?: unknown; message?: string };
  const { username, vhost } = server;
  const at = `RabbitMQ at ${nameOf(server)}`;
  const make = (known: ErrorCode, text: string): MicroError =>
    new MicroError(known, text, { cause, refused: true });
  if (/ACCESS.REFUSED|Login was refused/i.test(message)) {
    return make('unauthenticated', `${at} refuses user '${username}': change username, password`);
  }
  if (/ConnectionOpenOk/.test(message)) {
    const text = `${at} has no virtual host '${vhost}' for user '${username}': change vhost`;
    return make('permission_denied', text);
  }
  if (/SASL mechanism/.test(message)) {
    return make('unauthenticated', `${at} does not take passwords`);
  }
  const why = typeof code === 'string' ? code : message.slice(0, 200);
  if (/CERT|SIGNATURE|ALTNAME/.test(why)) {
    const text = `the certificate of ${at} is not trusted (${why}): change tls.ca or tls.servername`;
    return make('unavailable', text);
  }
  if (/^ERR_SSL|EPROTO/.test(why)) {
    return make('unavailable', `${at} does not speak TLS (${why}): change address to amqp://`);
  }
  return make('unavailable', `${at} cannot be reached: ${why}`);
}
