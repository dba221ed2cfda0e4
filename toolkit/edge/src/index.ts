// What calls stand on.
export { openEdge } from './edge.ts';
export type { Allow, Edge, EdgeOptions } from './edge.ts';
export { openDirectory } from './directory.ts';
export type { Directory, DirectoryEntry, DirectoryOptions } from './directory.ts';
export { LiveStreams } from './live-streams.ts';

// What a request is for.
export { createLocate } from './calls.ts';
export type { Locate } from './calls.ts';
export { findEndpoint, findService } from './find-endpoint.ts';
export type { Target } from './find-endpoint.ts';
export { createPathFinder } from './find-by-path.ts';
export type { PathFinder } from './find-by-path.ts';
export { inNamespace, isIn } from './namespace.ts';
export { resolvePath } from './resolve-path.ts';
export type { PathOptions, ResolvedPath } from './resolve-path.ts';
export { buildRouteTable } from './route-table.ts';
export type { RouteConflict, RouteMatch, RouteTable } from './route-table.ts';
export type { Route } from './routes-of.ts';
export { pathOf, queryOf, splitPath } from './split-path.ts';
export { compareVersions } from './versions.ts';

// From a request to a call.
export { callEndpoint, sendAnswer } from './call-endpoint.ts';
export type { EndpointCallOptions } from './call-endpoint.ts';
export { eventMetadata, withoutCredentials } from './event-metadata.ts';
export { jsonRequest } from './json-object.ts';
export { takeRawBodies } from './raw-bodies.ts';
export { requestBody } from './request-body.ts';
export type { PathVariables } from './request-body.ts';
export { requestId } from './request-id.ts';
export { createMetadataRules } from './request-metadata.ts';
export type { MetadataOptions, MetadataRules } from './request-metadata.ts';
export { requestSignal } from './request-signal.ts';
export { readTimeout } from './request-timeout.ts';

// From a call to an answer.
export { answerCall } from './answer-call.ts';
export { answerStream } from './answer-stream.ts';
export { answerSocket, callOverSocket } from './call-over-socket.ts';
export { closeOf } from './close-codes.ts';
export { failureOf } from './failure.ts';
export type { ErrorShape, Failure } from './failure.ts';
export { encodeProblem, problemType } from './problem.ts';
export { refusal } from './refusal.ts';
export { microErrorType, sendError } from './send-error.ts';

// Fastify plugins.
export { calls } from './calls.ts';
export type { CallsOptions } from './calls.ts';
export { requestStats } from './request-stats.ts';
export type { RequestStatsOptions } from './request-stats.ts';
export { rpc } from './rpc.ts';
export type { RpcOptions } from './rpc.ts';
export { acceptSocket, sockets, wantsSocket } from './sockets.ts';
export type { SocketsOptions } from './sockets.ts';
