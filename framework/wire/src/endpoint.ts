import { metadata } from '@micro-ts/interface';
import type { Endpoint, EndpointKind, JsonSchema, Metadata } from '@micro-ts/interface';
import { asObject, asText, isObject, parseJson } from './json.ts';
import { decodeTexts, sorted } from './text-map.ts';
import { decodeValue, encodeValue } from './value.ts';
import type { Value } from './value.ts';

/** Longest JSON Schema that is read from a record, in characters. */
const maxSchema = 256 * 1024;

/** An entry of `endpoints` in go-micro's records. */
export interface EndpointRecord {
  readonly name: string;
  readonly request: Value | null;
  readonly response: Value | null;
  readonly metadata: Metadata;
}

/**
 * The entry of an endpoint in go-micro's records. What Go has no words for rides along in the entry's
 * metadata: `stream-kind` (`server` or `client`; both ways without it), and the JSON Schemas as
 * `request-schema` and `response-schema`, where the value tree does not tell all of them.
 */
export function encodeEndpoint(endpoint: Endpoint): EndpointRecord {
  const { name, kind, request, response } = endpoint;
  const values = {
    request: request === undefined ? null : encodeValue(request),
    response: response === undefined || kind === 'event' ? null : encodeValue(response),
  };
  const own = sorted(
    metadata(
      endpoint.metadata,
      kindTexts(kind),
      schemaText('request-schema', request, values.request),
      schemaText('response-schema', response, values.response),
    ),
  );
  return { name, request: values.request, response: values.response, metadata: own };
}

function kindTexts(kind: EndpointKind): Readonly<Record<string, string>> {
  if (kind === 'unary') return {};
  if (kind === 'event') return { subscriber: 'true' };
  return kind === 'bidi' ? { stream: 'true' } : { stream: 'true', 'stream-kind': kind };
}

function schemaText(
  key: string,
  schema: JsonSchema | undefined,
  value: Value | null,
): Readonly<Record<string, string>> {
  if (schema === undefined) return {};
  const text = JSON.stringify(schema);
  return text === JSON.stringify(decodeValue(value)) ? {} : { [key]: text };
}

/**
 * An endpoint of go-micro's records, of any era. Schemas that did not ride along are derived from the
 * value trees.
 * @throws Error if it is no entry of a record.
 */
export function decodeEndpoint(value: unknown): Endpoint {
  const entry = asObject(value);
  const texts = decodeTexts(entry['metadata']);
  const request = readSchema(texts['request-schema']) ?? decodeValue(entry['request']);
  const response = readSchema(texts['response-schema']) ?? decodeValue(entry['response']);
  return {
    name: asText(entry['name']),
    kind: kindOf(texts),
    ...(request !== undefined && { request }),
    ...(response !== undefined && { response }),
    metadata: metadata(Object.entries(texts).filter(([key]) => !told.has(key))),
  };
}

/** Metadata that an endpoint says in fields of its own. */
const told: ReadonlySet<string> = new Set([
  'request-schema',
  'response-schema',
  'stream',
  'stream-kind',
  'subscriber',
]);

function kindOf(texts: Metadata): EndpointKind {
  if (texts['subscriber'] === 'true') return 'event';
  if (texts['stream'] !== 'true') return 'unary';
  const kind = texts['stream-kind'];
  return kind === 'server' || kind === 'client' ? kind : 'bidi';
}

/** A schema that cannot be read is no reason to lose the endpoint. */
function readSchema(text: string | undefined): JsonSchema | undefined {
  if (text === undefined) return undefined;
  try {
    const schema = parseJson(text, maxSchema);
    return isObject(schema) ? schema : undefined;
  } catch {
    return undefined;
  }
}
