import { metadata, MicroError } from '@micro-ts/interface';
import type { Endpoint, JsonSchema, Limits, Message, Metadata, Node } from '@micro-ts/interface';

/** A record that shares nothing with the given one, and that nobody can change. */
export function copyNode({ id, service, version, address, metadata: own, endpoints }: Node): Node {
  return Object.freeze({
    id,
    service,
    version,
    address,
    metadata: Object.freeze(metadata(own)),
    endpoints: Object.freeze(endpoints.map(copyEndpoint)),
  });
}

function copyEndpoint({ name, kind, request, response, metadata: own }: Endpoint): Endpoint {
  return Object.freeze({
    name,
    kind,
    ...(request !== undefined && { request: copySchema(request) }),
    ...(response !== undefined && { response: copySchema(response) }),
    metadata: Object.freeze(metadata(own)),
  });
}

/** As JSON, which is how a schema reaches other processes. */
function copySchema(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => Object.freeze(value));
}

/** Bytes that share no memory with the given ones. */
export function copyBytes(bytes: Uint8Array, limits: Limits): Uint8Array {
  if (bytes.byteLength > limits.messageBytes) {
    const told = `${bytes.byteLength} bytes are more than the ${limits.messageBytes} of a message`;
    throw new MicroError('resource_exhausted', told);
  }
  return Uint8Array.from(bytes);
}

/** A message that shares no memory with the given one. */
export function copyMessage(
  { contentType, metadata: given, body }: Message<Uint8Array>,
  limits: Limits,
): Message<Uint8Array> {
  return { contentType, metadata: copyMetadata(given, limits), body: copyBytes(body, limits) };
}

/** Metadata of one's own, within its limit. */
export function copyMetadata(given: Metadata, limits: Limits): Metadata {
  const own = metadata(given);
  const size = sizeOf(own);
  if (size > limits.metadataBytes) {
    const told = `${size} bytes of metadata are more than the ${limits.metadataBytes} allowed`;
    throw new MicroError('resource_exhausted', told);
  }
  return own;
}

/** Keys and values, in bytes. */
export function sizeOf(given: Metadata): number {
  let size = 0;
  for (const key in given) size += Buffer.byteLength(key) + Buffer.byteLength(given[key] ?? '');
  return size;
}

/** An error as it arrives elsewhere: nothing shared, no cause, and of what is no `MicroError` no text. */
export function copyError(thrown: unknown): MicroError {
  const { code, message, origin, details, refused } = MicroError.from(thrown);
  const own: unknown = details === undefined ? undefined : JSON.parse(JSON.stringify(details));
  return new MicroError(code, message, { origin, details: own, refused });
}
