import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';

/** Headers of one connection, which end here: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const ofConnection = new Set(
  'connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade expect http2-settings'.split(
    ' ',
  ),
);

/** What clients cannot say of themselves. */
const ofGateway = /^(x-forwarded-|x-real-ip$|forwarded$|micro-)/;

/** Headers without those of the connection that they came by, and those that `Connection` names. */
export function endToEnd(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const listed = (headers.connection ?? '').toLowerCase().split(',');
  const named = new Set(listed.map((name) => name.trim()));
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers))
    if (!ofConnection.has(name) && !named.has(name)) kept[name] = value;
  return kept;
}

/**
 * Headers of a request as it goes on to a node: who asked, for what name and how, as far as it is
 * known for certain. A client's own word for it counts if it is a trusted proxy.
 * @param prefix what was taken off the path; empty if nothing was
 */
export function forwardedHeaders(request: FastifyRequest, prefix: string): OutgoingHttpHeaders {
  const kept = endToEnd(request.headers);
  for (const name of Object.keys(kept))
    if (ofGateway.test(name.replaceAll('_', '-'))) delete kept[name]; // CGI reads both alike
  Object.assign(kept, request.identity?.metadata);
  kept['x-forwarded-for'] = (request.ips ?? [request.ip]).toReversed().join(', ');
  kept['x-forwarded-proto'] = request.protocol;
  if (request.host !== '') kept['x-forwarded-host'] = request.host;
  if (prefix !== '') kept['x-forwarded-prefix'] = prefix;
  kept['x-request-id'] = request.id;
  // Node frames no body of GET, HEAD, DELETE and OPTIONS by itself, and `Connection` can name both.
  const { 'transfer-encoding': chunked, 'content-length': length } = request.headers;
  delete kept['content-length'];
  if (chunked !== undefined) kept['transfer-encoding'] = 'chunked';
  else if (length !== undefined) kept['content-length'] = length;
  return kept;
}
