import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MicroError } from 'micro-ts';
import type { Endpoint } from 'micro-ts';
import { answerCall } from './answer-call.ts';
import { answerSocket } from './answer-socket.ts';
import type { Edge } from './edge.ts';
import { findEndpoint, findService, unlistedEndpoint } from './find-endpoint.ts';
import type { CallTarget } from './find-endpoint.ts';
import { checkAddress } from './node-address.ts';
import { takeRawBodies } from './raw-bodies.ts';
import { methodRefusal } from './refusal.ts';
import { refuseOtherMethods } from './refuse-other-methods.ts';
import { readRpcQuery, readRpcRequest, rpcId, rpcRefusal } from './rpc-request.ts';
import type { RpcNames } from './rpc-request.ts';
import { sendError } from './send-error.ts';
import { wantsSocket } from './sockets.ts';
import { queryOf } from './split-path.ts';

/** What {@link rpc} is given. */
export interface RpcOptions {
  readonly edge: Edge;
  /** Default `/rpc`. */
  readonly path?: string;
  /**
   * Clients may name the node's address. Whoever can reach the server can then make it talk to any
   * address that it reaches: for servers on loopback. Default false.
   */
  readonly addresses?: boolean;
  /** Endpoints that no record lists can be called too, such as `Debug.Health`. Default false. */
  readonly unlisted?: boolean;
}

/** A web socket begins with a GET; no other GET is answered. */
const allowed = ['POST'];

/**
 * Fastify plugin: `POST /rpc` calls any endpoint, as it has since 2016: `{"service", "method",
 * "request"}` as JSON or a form. Answers with the bytes of the service. Errors have go-micro's shape
 * unless `Accept` asks for `application/problem+json`. Where `sockets` is registered, a web socket at
 * `/rpc?service=&endpoint=` is a call too, see `answerSocket`; `stream=true` says that the requests to an
 * endpoint that no record lists are a stream.
 */
export async function rpc(fastify: FastifyInstance, options: RpcOptions): Promise<void> {
  const { path = '/rpc', edge } = options;
  takeRawBodies(fastify, { plain: true });
  fastify.setErrorHandler((error, request, reply) => {
    fastify.tell?.(error, request);
    sendError(request, reply, asRpcError(error), 'micro');
  });
  fastify.post(path, (request: FastifyRequest, reply: FastifyReply) => {
    const type = request.headers['content-type'];
    const asked = readRpcRequest(request.body as Buffer | undefined, type);
    const { address } = asked;
    return answerCall(edge, request, reply, targetOf(asked, options), asked.request, { address });
  });
  fastify.get(path, (request, reply) => {
    if (!wantsSocket(request)) throw methodRefusal(allowed);
    const asked = readRpcQuery(queryOf(request.url));
    const { address, stream } = asked;
    const target = targetOf(asked, options, stream ? 'bidi' : 'unary');
    answerSocket(edge, request, reply, { target, address });
  });
  refuseOtherMethods(fastify, path, allowed);
}

/**
 * @param kind of what no record lists
 * @throws MicroError `invalid_argument` for an address where none may be named, and for what is none;
 * see `findEndpoint`
 */
function targetOf(
  { service, endpoint, address }: RpcNames,
  options: RpcOptions,
  kind: Endpoint['kind'] = 'unary',
): CallTarget {
  const { directory } = options.edge;
  if (address !== undefined && options.addresses !== true)
    throw rpcRefusal('address is not allowed here');
  if (address === undefined && options.unlisted !== true)
    return findEndpoint(directory, service, endpoint);
  const entry = directory.service(service);
  if (address !== undefined && entry?.nodes.every((node) => node.address !== address) !== false)
    checkAddress(address);
  // What nobody has heard of here may be registered a moment ago: the call asks for it.
  if (address === undefined && entry !== undefined) findService(directory, service);
  return { service, endpoint: entry?.endpoints.get(endpoint) ?? unlistedEndpoint(endpoint, kind) };
}

/** Errors that are a bare text have always come so. */
const asRpcError = (error: unknown): unknown =>
  error instanceof MicroError && error.code === 'unknown' && error.origin === undefined
    ? new MicroError('unknown', `error during request: ${error.message}`, { origin: rpcId })
    : error;
