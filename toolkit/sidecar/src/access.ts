import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refusal } from '@micro-ts/edge';
import { isLoopback, parseAddress } from '@micro-ts/wire';
import type { SidecarSettings } from './options.ts';

/** A token that nobody guesses. */
export const makeToken = (): string => randomBytes(24).toString('base64url');

/**
 * Who may come in. Without a token, every program of this machine; never a web page that its origin
 * does not allow, nor one that makes its own name mean this machine.
 */
export class Access {
  readonly #token: Buffer | undefined;
  readonly #origins: ReadonlySet<string>;
  readonly #names: ReadonlySet<string>;

  constructor(options: SidecarSettings) {
    const { token } = options;
    this.#token = token === undefined ? undefined : digest(token);
    this.#origins = new Set(options.allowedOrigins.map((origin) => origin.toLowerCase()));
    const { host } = parseAddress(options.address);
    const names = ['localhost', hostname(), host, ...options.allowedHosts];
    this.#names = new Set(names.map((name) => name.toLowerCase()));
  }

  /**
   * Looks at a request before anything is done with it; answers those of browsers that only ask.
   * @throws MicroError `permission_denied` for web pages, `unauthenticated` without the token
   */
  check(request: FastifyRequest, reply: FastifyReply): void {
    const { host, origin } = request.headers;
    if (host !== undefined && !this.#knows(host))
      throw refusal('permission_denied', `this is not ${shown(host)}: allow it by allowedHosts`);
    // What a page loads as an image or a link has no origin; browsers say at least that it is a page's.
    const site = request.headers['sec-fetch-site'] ?? 'none';
    if (origin === undefined && site !== 'none' && site !== 'same-origin')
      throw refusal('permission_denied', 'requests of web pages are refused');
    if (origin !== undefined) {
      if (!this.#origins.has(origin.toLowerCase()) && !this.#origins.has('*'))
        throw refusal(
          'permission_denied',
          `pages of ${shown(origin)}: allow them by allowedOrigins`,
        );
      reply.header('access-control-allow-origin', origin).header('vary', 'Origin');
      if (request.method === 'OPTIONS') return preflight(request, reply);
    }
    this.#authenticate(request, reply);
  }

  #authenticate({ headers }: FastifyRequest, reply: FastifyReply): void {
    if (this.#token === undefined) return;
    const { authorization, 'x-micro-token': own } = headers;
    const [, bearer] = /^Bearer +(.+)$/i.exec(authorization ?? '') ?? [];
    const shownToken = typeof own === 'string' ? own : bearer;
    if (shownToken === undefined || !timingSafeEqual(digest(shownToken), this.#token)) {
      reply.header('www-authenticate', 'Bearer');
      throw refusal('unauthenticated', 'show the token: Authorization: Bearer …');
    }
    // It was for the sidecar, and is none of the services' business.
    if (own === undefined) delete headers.authorization;
  }

  #knows(host: string): boolean {
    const name = nameOf(host);
    if (isIP(name) !== 0 || isLoopback(name)) return true;
    return this.#names.has(name) || this.#names.has('*');
  }
}

function preflight({ headers }: FastifyRequest, reply: FastifyReply): void {
  void reply
    .code(204)
    .header('access-control-allow-methods', 'GET, POST, DELETE')
    .header('access-control-allow-headers', headers['access-control-request-headers'] ?? '*')
    .header('access-control-max-age', '600')
    .send();
}

/** The name of `name:port`; IPv6 without brackets. */
function nameOf(host: string): string {
  const name = host.toLowerCase();
  if (name.startsWith('[')) return name.slice(1, name.indexOf(']'));
  return name.replace(/:\d*$/, '');
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const shown = (text: string): string => JSON.stringify(text.slice(0, 100));
