import { problemsOf } from './problems.ts';
import type { JsonObject } from './published-schema.ts';
import { requestParts } from './request-parts.ts';
import type { HttpRoute } from './routes.ts';
import type { SchemaComponents } from './schema-components.ts';

/** Describes what calling an endpoint over HTTP takes and answers. */
export function operationOf(
  route: HttpRoute,
  components: SchemaComponents,
  secured: boolean,
): JsonObject {
  const { service, endpoint } = route;
  const { kind, metadata } = endpoint;
  const name = `${service}.${endpoint.name}`;
  const add = (part: string, schema: unknown): JsonObject | undefined =>
    schema === undefined ? undefined : { ...components.add(`${name}.${part}`, schema) };
  const [request, response] = [
    add('Request', endpoint.request),
    add('Response', endpoint.response),
  ];
  const description = textOf(metadata['description']);
  const common = {
    tags: [service],
    summary: `${service} ${endpoint.name}`,
    ...(description !== undefined && { description }),
    operationId: name.replace(/[^A-Za-z0-9._-]/g, '_'),
    'x-micro': {
      ...{ service, endpoint: endpoint.name, kind },
      ...(metadata['idempotent'] === 'true' && { idempotent: true }),
      ...(Number(metadata['timeout']) > 0 && { timeout: Number(metadata['timeout']) }),
    },
  };
  if (kind === 'client' || kind === 'bidi') {
    const parameters = requestParts(route, undefined, components).parameters;
    return {
      ...common,
      ...webSocket(kind, request, response, parameters),
      ...ends(secured, '101'),
    };
  }
  const { parameters, requestBody } = requestParts(route, request, components);
  return {
    ...common,
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody !== undefined && { requestBody }),
    ...ends(secured, '200', kind === 'server' ? streamed(response) : answered(response)),
  };
}

const answered = (response: JsonObject | undefined): JsonObject => ({
  description: 'The answer.',
  content: { 'application/json': { schema: response ?? {} } },
});

/** Each line, or the data of each event, is an answer. */
function streamed(response: JsonObject | undefined): JsonObject {
  const lines = {
    type: 'string',
    contentMediaType: 'application/json',
    contentSchema: response ?? {},
  };
  return {
    description: 'Answers, one after the other: the data of each event, or each line, is one.',
    content: { 'text/event-stream': { schema: lines }, 'application/x-ndjson': { schema: lines } },
  };
}

/** OpenAPI has no word for web sockets: this says what their messages are. */
const webSocket = (
  kind: 'client' | 'bidi',
  request: JsonObject | undefined,
  response: JsonObject | undefined,
  parameters: readonly JsonObject[],
): JsonObject => ({
  ...(parameters.length > 0 && { parameters }),
  'x-websocket': {
    description:
      kind === 'client'
        ? 'Each message to the server is a request; the one that comes back is the answer.'
        : 'Each message to the server is a request, each that comes back an answer.',
    request: request ?? {},
    response: response ?? {},
  },
});

const ends = (
  secured: boolean,
  status: '101' | '200',
  good: JsonObject = { description: 'The web socket is open.' },
): JsonObject => ({ responses: { [status]: good, ...problemsOf(secured) } });

const textOf = (value: string | undefined): string | undefined =>
  value === undefined || value === '' ? undefined : value.slice(0, 2_000);
