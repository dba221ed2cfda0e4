import { refusal } from '@micro-ts/edge';
import { isLoopback } from '@micro-ts/wire';
import type { FastifyInstance } from 'fastify';

/**
 * Refuses requests for a name that is not this gateway's: on loopback a page reaches it by a name of
 * its own that was pointed there.
 * @param hosts the names that it has; none for any
 * @param loopback it listens on loopback only, and has the names of that
 */
export function refuseHosts(
  fastify: FastifyInstance,
  hosts: readonly string[],
  loopback: boolean,
): void {
  const names = new Set(hosts.map((name) => name.toLowerCase()));
  const checked = names.size > 0 || loopback;
  const isMine = (host: string): boolean => names.has(host) || (loopback && isLoopback(host));
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { rawHeaders, headers } = request.raw;
    if (hasTwoHosts(rawHeaders))
      return done(refusal('invalid_argument', 'the request has two Hosts'));
    if (checked && !isMine(nameOf(headers.host)))
      return done(refusal('permission_denied', 'this gateway does not answer to that Host'));
    done();
  });
}

/** Host without its port; IPv6 without its brackets. */
function nameOf(host = ''): string {
  const end = host.startsWith('[') ? host.indexOf(']') : host.indexOf(':');
  const name = end === -1 ? host : host.slice(0, end);
  return (name.startsWith('[') ? name.slice(1) : name).toLowerCase();
}

/** Whoever reads the other one would answer for another name; Node reads the first. */
function hasTwoHosts(headers: readonly string[]): boolean {
  let hosts = 0;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts > 1;
}
