import { MicroError } from '@micro-ts/interface';
import type { ErrorCode } from '@micro-ts/interface';

/** What could not be reached at all, by the codes of Node and undici. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|UND_ERR_CONNECT_TIMEOUT)/;
const notTrusted =
  /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH/;

/**
 * What a request came to grief by, before it had an answer.
 * @param unproven TLS is spoken without a certificate of our own.
 */
export function connectionFailure(place: string, cause: unknown, unproven: boolean): MicroError {
  if (cause instanceof MicroError) return cause;
  const code = String((cause as NodeJS.ErrnoException | undefined)?.code ?? '');
  const text = (cause as Partial<Error> | undefined)?.message ?? String(cause);
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
    return new MicroError('resource_exhausted', `${place} answers more than is read`, { cause });
  if (notTrusted.test(code)) {
    const hint = code.includes('ALTNAME')
      ? 'consul.tls.servername'
      : 'consul.address and consul.tls.ca';
    const why = `${place}: TLS failed (${code}): check ${hint}`;
    return new MicroError('unavailable', why, { cause, refused: true });
  }
  if ((cause as Partial<Error> | undefined)?.name === 'HTTPParserError') {
    const why = `${place} speaks no HTTP: is consul.address that of Consul?`;
    return new MicroError('unavailable', why, { cause });
  }
  const refused = neverSent.test(code);
  const closed = unproven && /^(UND_ERR_SOCKET|ECONNRESET)$/.test(code);
  const asks = closed
    ? '; does it ask for consul.tls.cert and consul.tls.key?'
    : '; check consul.address';
  const hint = refused ? ': does it run, and is consul.address right?' : `: ${text}${asks}`;
  const why = `${place} cannot be reached${code === '' ? '' : ` (${code})`}${hint}`;
  return new MicroError('unavailable', why, { cause, refused });
}

/** What an answer says that is none of those that were hoped for. */
export function answerFailure(place: string, status: number, said: string): MicroError {
  const words = said.trim().slice(0, 300);
  const fail = (code: ErrorCode, hint: string): MicroError => {
    const text = `${place} answers ${status}${hint}${words === '' ? '' : `: ${words}`}`;
    return new MicroError(code, text, { refused: status < 500 });
  };
  if (status === 401 || (status === 403 && /ACL not found/i.test(said)))
    return fail('unauthenticated', ', which is about consul.token');
  if (status === 403)
    return fail('permission_denied', ', which is about the rules of consul.token');
  if (status === 413) return fail('resource_exhausted', ', the record is too large');
  if (status === 429)
    return fail('resource_exhausted', ', more than its limits.http_max_conns_per_client allows');
  if (status === 400 && /HTTPS server/.test(said))
    return fail('unavailable', '; write https:// in consul.address');
  if (status === 400) return fail('invalid_argument', '');
  if (/No path to datacenter/i.test(said))
    return fail('unavailable', ', which is about consul.datacenter');
  if (status < 500) return fail('unavailable', '; is consul.address that of Consul?');
  return fail('unavailable', words === '' ? '; is consul.address that of Consul?' : '');
}
