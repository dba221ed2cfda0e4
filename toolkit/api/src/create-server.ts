import type { Server } from 'node:http';
import { requestId, sendError } from '@micro-ts/edge';
import { fastify } from 'fastify';
import type { FastifyHttpOptions, FastifyInstance } from 'fastify';
import { cutUnread } from './cut-unread.ts';
import type { ApiSettings } from './options.ts';
import type { ServerTls } from './tls.ts';
import { answerUnreadable } from './unreadable.ts';

/** How long a connection may be idle, in ms: longer than load balancers keep theirs (60 s). */
const idle = 72_000;
/** How long the head of a request may take, in ms. */
const slowestHead = 10_000;

/**
 * An HTTP server that peers cannot wear out, not listening yet: heads, bodies and answers have a
 * size and a time, and what is no HTTP is told so.
 */
export function createServer(settings: ApiSettings, tls: ServerTls | undefined): FastifyInstance {
  const instance = fastify({
    ...routing(settings),
    ...(tls === undefined
      ? { http: limits(settings) }
      : ({ https: { ...limits(settings), ...tls } } as object)),
  });
  instance.server.maxHeadersCount = 0; // any limit makes headers vanish without a word
  cutUnread(instance.server, settings.unreadTimeout);
  return instance;
}

const routing = ({
  trustedProxies,
  bodyLimit,
  uploadTimeout,
  headerLimit,
}: ApiSettings): FastifyHttpOptions<Server> => ({
  logger: false,
  bodyLimit,
  trustProxy: trustedProxies.length === 0 ? false : trustedProxies,
  genReqId: requestId,
  requestTimeout: uploadTimeout,
  keepAliveTimeout: idle,
  forceCloseConnections: 'idle',
  return503OnClosing: false,
  exposeHeadRoutes: false,
  frameworkErrors: (error, request, reply) => void sendError(request, reply, error),
  clientErrorHandler: answerUnreadable,
  routerOptions: { maxParamLength: headerLimit },
});

const limits = ({ headerLimit, uploadTimeout }: ApiSettings) => ({
  maxHeaderSize: headerLimit,
  headersTimeout: Math.min(slowestHead, uploadTimeout),
  connectionsCheckingInterval: Math.min(1_000, uploadTimeout),
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 15_000,
});
