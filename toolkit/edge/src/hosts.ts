import { isIP } from 'node:net';
import { isLoopback } from '@micro-ts/wire';
import type { FastifyInstance } from 'fastify';
import { refusal, shown } from './refusal.ts';

/** What a server is called. */
export interface HostRule {
  /** Names that are its own; `*` for any. */
  readonly names: readonly string[];
  /** Whether the names of loopback are its own too. Default false. */
  readonly loopback?: boolean;
  /**
   * Whether every address is its own too, and a request without a Host is for it: no page can have
   * an address point elsewhere, and browsers always say a Host. Default false.
   */
  readonly addresses?: boolean;
}

/**
 * Refuses requests for a name that is not this server's, in a scope of it: a page reaches loopback,
 * and what else its reader can reach, by a name of its own that was pointed there.
 */
export function refuseHosts(fastify: FastifyInstance, rule: HostRule): void {
  const isOwn = ownHost(rule);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { rawHeaders, headers } = request.raw;
    if (hasTwoHosts(rawHeaders))
      return done(refusal('invalid_argument', 'the request has two Hosts'));
    const { host = '' } = headers;
    if (isOwn(host)) return done();
    done(refusal('permission_denied', `this is not "${shown(host)}": see the option hosts`));
  });
}

function ownHost({ names, loopback, addresses }: HostRule): (host: string) => boolean {
  const own = new Set(names.map((name) => name.toLowerCase()));
  if (own.has('*')) return () => true;
  return (host) => {
    const name = nameOf(host);
    if (own.has(name) || (loopback === true && isLoopback(name))) return true;
    return addresses === true && (name === '' || isIP(name) !== 0);
  };
}

/**
 * Whether a {@link HostRule} can know a request by this name: one without scheme, path and port, or an
 * address, IPv6 without brackets. A number alone is a port.
 */
export const isHostName = (text: string): boolean =>
  isIP(text) !== 0 || /^([\w-]+\.)*(?!\d+\.?$)[\w-]+\.?$/.test(text);

/** Host without its port; IPv6 without its brackets. */
function nameOf(host: string): string {
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
