import { isLoopback } from '@micro-ts/wire';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refusal } from '@micro-ts/edge';

/**
 * Refuses what pages of other sites make a browser ask: requests for a name that is not this
 * gateway's (a name that was pointed at loopback), and calls from origins that are not allowed.
 * @param hosts the names that it has; none for any
 * @param loopback it listens on loopback only
 * @param origins those that may call; `*` for all
 */
export function refuseStrangers(
  fastify: FastifyInstance,
  hosts: readonly string[],
  loopback: boolean,
  origins: readonly string[],
): void {
  const names = new Set(hosts.map((name) => name.toLowerCase()));
  const checked = names.size > 0 || loopback;
  const isMine = (host: string): boolean => names.has(host) || (loopback && isLoopback(host));
  const allowed = new Set(origins);
  const anybody = allowed.has('*');
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (hasTwoHosts(request.raw.rawHeaders))
      return done(refusal('invalid_argument', 'the request has two Hosts'));
    if (checked && !isMine(nameOf(request.headers.host)))
      return done(refusal('permission_denied', 'this gateway does not answer to that Host'));
    const { origin } = request.headers;
    if (anybody || (origin === undefined && !isCrossSite(request))) return done();
    if (origin !== undefined && (allowed.has(origin) || isSame(origin, request))) return done();
    done(refusal('permission_denied', 'pages of that origin may not call: see the option cors'));
  });
}

/** Host without its port; IPv6 without its brackets. */
function nameOf(host = ''): string {
  const end = host.startsWith('[') ? host.indexOf(']') : host.indexOf(':');
  const name = end === -1 ? host : host.slice(0, end);
  return (name.startsWith('[') ? name.slice(1) : name).toLowerCase();
}

/** A link that somebody followed is a visit; everything else is a page that calls. */
const isCrossSite = ({ headers }: FastifyRequest): boolean =>
  headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate';

const isSame = (origin: string, request: FastifyRequest): boolean =>
  origin === `${request.protocol}://${request.host}`;

/** Whoever reads the other one would answer for another name; Node reads the first. */
function hasTwoHosts(headers: readonly string[]): boolean {
  let hosts = 0;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts > 1;
}
