import type { Server } from 'node:http';
import { fastify } from 'fastify';
import type { FastifyHttpOptions, FastifyInstance, FastifyRequest } from 'fastify';
import { connectionsOf } from './connections.ts';
import { cutUnread } from './cut-unread.ts';
import { Drain } from './drain.ts';
import type { DrainTimes } from './drain.ts';
import { failureOf } from './failure.ts';
import type { ErrorShape } from './failure.ts';
import { endQueued, isLast } from './queued-answers.ts';
import { refusal } from './refusal.ts';
import { requestId } from './request-id.ts';
import { sendError } from './send-error.ts';
import type { Tls } from './tls.ts';
import { answerUnreadable } from './unreadable.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Tells the server's `problem` of an error, for handlers of errors of their own. */
    tell?(error: unknown, request: FastifyRequest): void;
  }
}

/** What {@link createHttpServer} is given. Times in ms, sizes in bytes. */
export interface HttpServerOptions extends DrainTimes {
  /** Most bytes of a body. */
  readonly bodyLimit: number;
  /** Most bytes of a request line and its headers. */
  readonly headerLimit: number;
  /** How long a request may take to arrive. */
  readonly uploadTimeout: number;
  /** How long a client may leave an answer unread. */
  readonly unreadTimeout: number;
  /** Addresses or networks whose `X-Forwarded-*` headers are believed. Default none. */
  readonly trustedProxies?: readonly string[];
  /** For HTTPS; closed with the server. */
  readonly tls?: Tls | undefined;
  /** How errors are written for clients that ask for no shape. Default `problem`. */
  readonly errors?: ErrorShape;
  /** Told of errors that are answered with 500, and of the request. */
  readonly problem: (error: unknown, request: FastifyRequest) => void;
}

/** An HTTP server of an app. */
export interface HttpServer {
  /** Takes routes and hooks until it listens: see `listen`. */
  readonly fastify: FastifyInstance;
  /** Its end. From then on, answers end their connections. */
  readonly drain: Drain;
}

/** How long a connection may be idle, in ms: longer than load balancers keep theirs (60 s). */
const idle = 72_000;
/** How long the head of a request, or a handshake of TLS, may take, in ms. */
const slowestHead = 10_000;

/**
 * An HTTP server that peers cannot wear out, not listening yet: heads, bodies and answers have a
 * size and a time. It says itself what is no HTTP, what fails and what nobody answers to. Every
 * answer has the id of its request, as `X-Request-Id`.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { unreadTimeout, errors, problem, tls } = options;
  const instance = fastify({
    ...routing(options),
    ...(tls === undefined
      ? { http: limits(options) }
      : ({
          https: { ...limits(options), ...tls.options, handshakeTimeout: slowestHead },
        } as object)),
  });
  tls?.follow(instance.server);
  instance.addHook('onClose', () => tls?.close());
  instance.server.maxHeadersCount = 0; // any limit makes headers vanish without a word
  const sockets = connectionsOf(instance.server);
  cutUnread(instance.server, sockets, unreadTimeout);
  const drain = new Drain(instance.server, sockets, options);
  instance.addHook('onRequest', (request, reply, done) => {
    reply.raw.setHeader('x-request-id', request.id);
    endQueued(request, reply);
    done();
  });
  instance.addHook('onSend', (request, reply, _payload, done) => {
    if (drain.begun && isLast(request, reply)) reply.raw.setHeader('connection', 'close');
    done();
  });
  instance.decorate('tell', (error, request) => {
    if (failureOf(error).status === 500) problem(error, request);
  });
  instance.setErrorHandler((error, request, reply) => {
    instance.tell?.(error, request);
    return sendError(request, reply, error, errors);
  });
  instance.setNotFoundHandler((request, reply) =>
    sendError(request, reply, refusal('not_found', 'nothing answers to that here'), errors),
  );
  return { fastify: instance, drain };
}

const routing = ({
  trustedProxies = [],
  bodyLimit,
  uploadTimeout,
  headerLimit,
  errors,
}: HttpServerOptions): FastifyHttpOptions<Server> => ({
  logger: false,
  bodyLimit,
  trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
  genReqId: requestId,
  requestTimeout: uploadTimeout,
  keepAliveTimeout: idle,
  forceCloseConnections: 'idle',
  return503OnClosing: false,
  exposeHeadRoutes: false,
  frameworkErrors: (error, request, reply) => {
    reply.raw.setHeader('x-request-id', request.id); // as no hook runs
    sendError(request, reply, error, errors);
  },
  clientErrorHandler: answerUnreadable,
  routerOptions: { maxParamLength: headerLimit },
});

const limits = ({ headerLimit, uploadTimeout }: HttpServerOptions) => ({
  maxHeaderSize: headerLimit,
  headersTimeout: Math.min(slowestHead, uploadTimeout),
  connectionsCheckingInterval: Math.min(1_000, uploadTimeout),
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 15_000,
});
