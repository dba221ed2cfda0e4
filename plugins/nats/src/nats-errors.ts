import { ConfigError, MicroError } from '@micro-ts/interface';

/** What an error text can be about. */
export interface ErrorSubject {
  /** `host:port`, or several. */
  readonly server: string;
  /** The option that says who this process is, if there is one. */
  readonly option: string | undefined;
}

/** Node's codes of certificates that are not believed. */
const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/;

/**
 * What the driver fails with, as the one error of Micro. The driver's classes are told by name, so
 * that it need not be loaded for it.
 * @param refused nothing was sent yet
 */
export function natsError(error: unknown, about: ErrorSubject, refused = false): Error {
  if (error instanceof MicroError || error instanceof ConfigError) return error;
  const { server, option } = about;
  const { name = '', message = '', code = '' } = (error ?? {}) as NodeJS.ErrnoException;
  const options = { cause: error, refused };
  const within: unknown = (error as Partial<Error> | undefined)?.cause;
  if (name === 'RequestError' && within !== undefined) return natsError(within, about, refused);
  switch (name) {
    case 'AuthorizationError':
    case 'UserAuthenticationExpiredError':
      return new MicroError('unauthenticated', stranger(server, option), options);
    case 'PermissionViolationError':
      return new MicroError('permission_denied', denied(error, server, option), options);
    case 'InvalidSubjectError':
      return new MicroError('invalid_argument', `nats ${server}: ${message}`, options);
    case 'InvalidArgumentError':
      if (!message.includes('max_payload')) break;
      return new MicroError('resource_exhausted', tooLarge(server), { ...options, refused: true });
    case 'TimeoutError': {
      const text = `nats ${server} does not answer: it hangs, or is no NATS server: see nats.servers`;
      return new MicroError('unavailable', text, options);
    }
    case 'NoRespondersError':
      return new MicroError('unavailable', `nats ${server}: nobody listens`, {
        cause: error,
        refused: true,
      });
  }
  return new MicroError('unavailable', `nats ${server}: ${reasonOf(code, message)}`, options);
}

/** Said of messages that the server does not take. */
export const tooLarge = (server: string): string =>
  `larger than nats ${server} takes: its max_payload can be raised`;

const stranger = (server: string, option: string | undefined): string =>
  option === undefined
    ? `nats ${server} demands credentials: give nats.token, nats.username, nats.nkey or nats.creds`
    : `nats ${server} does not accept ${option}`;

function denied(error: unknown, server: string, option = 'this process'): string {
  const { operation = '', subject = '' } = error as { operation?: string; subject?: string };
  const verb = operation === 'subscription' ? 'subscribe to' : 'publish to';
  return `nats ${server}: ${option} may not ${verb} '${subject}'`;
}

function reasonOf(code: unknown, message: string): string {
  if (untrusted.test(String(code)))
    return `its certificate is not accepted (${code}): see nats.tls`;
  if (message.includes("support 'tls'")) return 'speaks no TLS, which nats.tls or tls:// demands';
  if (typeof code === 'string' && code !== '')
    return `cannot be reached: ${code}: see nats.servers`;
  if (message === 'connection refused') return 'refuses connections: see nats.servers';
  if (message === '') return 'closed the connection';
  return message;
}
