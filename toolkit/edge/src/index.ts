// What calls stand on.
export type { Allow, Edge, EdgeOptions } from './edge.ts';
export { openDirectory } from './directory.ts';
export type { Directory, DirectoryEntry } from './directory.ts';
export type { LiveStreams } from './live-streams.ts';

// What a request is for.
export { createLocate } from './locate.ts';
export { findService } from './find-endpoint.ts';
export { inNamespace, nameWithin } from './namespace.ts';
export { resolvePath } from './resolve-path.ts';
export { buildRouteTable } from './route-table.ts';
export type { Route } from './routes-of.ts';
export { pathOf, queryOf } from './split-path.ts';
export { takenRoute } from './taken-route.ts';
export type { IsTaken } from './taken-route.ts';

// From a request to a call.
export { callEndpoint } from './call-endpoint.ts';
export { eventMetadata, withoutCredentials } from './event-metadata.ts';
export { takeRawBodies } from './raw-bodies.ts';

// From a call to an answer.
export { openEventStream } from './event-stream.ts';
export { closeOf } from './close-codes.ts';
export { problemType } from './problem.ts';
export { methodRefusal, refusal } from './refusal.ts';
export { refuseOtherMethods } from './refuse-other-methods.ts';
export { sendError } from './send-error.ts';

// Fastify plugins.
export { calls } from './calls.ts';
export { requestStats } from './request-stats.ts';
export { rpc } from './rpc.ts';
export { acceptSocket, sockets, wantsSocket } from './sockets.ts';

// The server of an app.
export { createHttpServer } from './http-server.ts';
export type { HttpServer } from './http-server.ts';
export { isHostName, refuseHosts } from './hosts.ts';
export { serve } from './serve.ts';
export type { Listening } from './listen.ts';
export { isOrigin, refuseOrigins } from './origins.ts';
export { openTlsFiles } from './tls.ts';
export type { Tls } from './tls.ts';
