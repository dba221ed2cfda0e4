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

/** What the driver says of a server that speaks something else, such as HTTP. */
const notAmqp = /^(Frame|Invalid frame|Unknown frame|Expected ConnectionStart)/;

/** Why a server could not be dialled, and the option to change. */
export function dialError(server: Server, cause: unknown): MicroError {
  const { code, message = '' } = cause as { code?: unknown; message?: string };
  const { username, vhost } = server;
  const why = typeof code === 'string' ? code : message.slice(0, 200);
  const make = (known: ErrorCode, text: string): MicroError =>
    new MicroError(known, `RabbitMQ at ${nameOf(server)} ${text}`, { cause, refused: true });
  if (/ACCESS.REFUSED|Login was refused/i.test(message)) {
    const fix = 'change rabbitmq.username or rabbitmq.password';
    return make('unauthenticated', `refuses user '${username}': ${fix}`);
  }
  if (/ConnectionOpenOk/.test(message)) {
    const text = `has no virtual host '${vhost}' for user '${username}': change rabbitmq.vhost`;
    return make('permission_denied', text);
  }
  if (/SASL mechanism/.test(message)) return make('unauthenticated', 'does not take passwords');
  if (/CERT|SIGNATURE|ALTNAME/.test(why)) {
    const fix = 'change rabbitmq.tls.ca or rabbitmq.tls.servername';
    return make('unavailable', `has a certificate that is not trusted (${why}): ${fix}`);
  }
  if (/^ERR_SSL|EPROTO/.test(why)) {
    const text = `does not speak TLS (${why}): change rabbitmq.address to amqp://`;
    return make('unavailable', text);
  }
  if (cause === noAnswer) {
    return make('unavailable', 'does not answer: is rabbitmq.address that of RabbitMQ?');
  }
  if (/Socket closed abruptly|ECONNRESET/.test(message)) {
    const text = 'hangs up: check rabbitmq.address, and write amqps:// if it wants TLS';
    return make('unavailable', text);
  }
  if (notAmqp.test(why)) {
    return make('unavailable', 'does not speak AMQP: is rabbitmq.address that of RabbitMQ?');
  }
  return make('unavailable', `cannot be reached: ${why}: check rabbitmq.address`);
}

/** Given up before the server has said anything. */
export const noAnswer = new Error('no answer');
