import { ConfigError, MicroError } from 'micro-ts';
import { sendError } from '@micro-ts/edge';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readApiKeys, scopeRules } from './api-keys.ts';
import { identityNames, removeForged } from './identity.ts';
import type { Identity } from './identity.ts';
import { openPaths } from './open-paths.ts';
import type { Asked } from './open-paths.ts';
import type { AccessOptions } from './options.ts';
import type { Wish } from './patterns.ts';
import { createTokenCheck } from './tokens.ts';
import { refusal } from './refusal.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes it; `null` on open paths, and where no access is configured. */
    identity: Identity | null;
  }
}

/** Why nobody is let in; `challenge` is the header `WWW-Authenticate`. */
export interface Refusal {
  readonly error: MicroError;
  readonly challenge?: string;
}

/** Who it is, `null` on open paths; or why nobody is let in. */
export type Answer = { readonly identity: Identity | null } | Refusal;

/** Told of a caller whose credentials are none; what it throws is answered instead. */
export type OnRefused = (request: FastifyRequest) => Promise<void>;

/** Who may use the gateway, and for what. */
export interface Access {
  /** Headers that it alone sets, for services to see as metadata. */
  readonly names: readonly string[];
  /**
   * Says who asks. Changes `headers` in place: {@link names} become what is known of the caller,
   * whatever came, and the credentials are taken out.
   */
  identify(asked: Asked): Promise<Answer>;
  /** Has every request of a server identified; those that are refused are answered at once. */
  install(fastify: FastifyInstance, onRefused?: OnRefused): void;
}

/**
 * Reads keys and rules.
 * @param key path of the options, for errors
 * @throws ConfigError for what is wrong with them
 */
export function createAccess(options: AccessOptions, key = 'toolkit.api.access'): Access {
  const { jwt, keys, keysFile } = options;
  if (keys.length === 0 && keysFile === undefined && jwt === undefined)
    throw new ConfigError(key, 'lets nobody in', 'Give keys, keysFile or jwt, or leave it out.');
  const allowsOf = scopeRules(options.scopes);
  const findKey = readApiKeys(options, key, allowsOf);
  const checkToken = jwt && createTokenCheck(jwt, `${key}.jwt`, allowsOf);
  const isOpen = openPaths(options.open);
  const names = new Set([...identityNames, ...Object.values(jwt?.claims ?? {})]);

  const whoHas = async (credential: string): Promise<Identity> => {
    const owner = findKey(credential);
    if (owner !== undefined) return owner;
    if (checkToken !== undefined && isToken(credential)) return checkToken(credential);
    throw refusal('unauthenticated', 'the key or token is not known');
  };
  const identify: Access['identify'] = async (asked) => {
    const { headers } = asked;
    removeForged(headers, names);
    const { 'x-api-key': key, authorization } = headers;
    const credential = key === undefined ? bearerOf(authorization) : String(key);
    if (isOpen(asked)) {
      delete headers['x-api-key'];
      if (bearerOf(authorization) !== undefined && jwt?.forward !== true)
        delete headers.authorization;
      return { identity: null };
    }
    if (credential === undefined) return nobody;
    try {
      const identity = await whoHas(credential);
      delete headers['x-api-key'];
      const forward = identity.kind === 'jwt' && jwt?.forward === true;
      if (key === undefined && !forward) delete headers.authorization;
      Object.assign(headers, identity.metadata);
      return { identity };
    } catch (reason) {
      return refused(MicroError.from(reason));
    }
  };
  return {
    names: [...names],
    identify,
    install(fastify, onRefused) {
      fastify.decorateRequest('identity', null);
      fastify.addHook('onRequest', async (request, reply) => {
        const { method, url, headers } = request;
        const answer = await identify({ method, url, headers });
        if ('identity' in answer) {
          request.identity = answer.identity;
          return undefined;
        }
        if (answer.error.code === 'unauthenticated') await onRefused?.(request);
        if (answer.challenge !== undefined) reply.header('www-authenticate', answer.challenge);
        return sendError(request, reply, answer.error);
      });
    },
  };
}

/**
 * Lets a caller have what its key or its scopes allow. Nobody, where none is asked for, may have
 * everything.
 * @throws MicroError `permission_denied`
 */
export function allow(identity: Identity | null | undefined, wish: Wish): void {
  if (!identity || identity.allows(wish)) return;
  const what = 'topic' in wish ? `publish ${wish.topic}` : 'call this';
  throw refusal('permission_denied', `${identity.name} may not ${what}`);
}

/**
 * Refuses to pass on the question of a browser before a request of another origin: it gets past
 * {@link Access} without credentials, to be answered by the gateway.
 * @throws MicroError `unauthenticated`
 */
export function refuseQuestion({ method, identity }: FastifyRequest): void {
  if (method === 'OPTIONS' && identity === null)
    throw refusal('unauthenticated', 'questions of browsers are answered here, not passed on');
}

const bearerOf = (header: string | undefined): string | undefined =>
  /^bearer +(\S+) *$/i.exec(header ?? '')?.[1];

/** A JWS in its compact form. */
const isToken = (credential: string): boolean => credential.split('.', 4).length === 3;

const nobody: Refusal = {
  error: refusal('unauthenticated', 'needs X-Api-Key, or Authorization: Bearer with a token'),
  challenge: 'Bearer realm="micro"',
};

/** As RFC 6750 has it. Only what was made here gets into the header. */
function refused(error: MicroError): Refusal {
  if (error.code !== 'unauthenticated') return { error };
  const challenge = `Bearer realm="micro", error="invalid_token", error_description="${error.message}"`;
  return { error, challenge };
}
