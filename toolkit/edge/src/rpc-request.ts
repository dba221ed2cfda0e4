import { contentTypeOf, parseJson, rawMembers } from '@micro-ts/wire';
import { MicroError } from 'micro-ts';
import type { Raw } from 'micro-ts';
import { jsonRequest } from './json-object.ts';

/** What a client names that asks `/rpc` for something. */
export interface RpcNames {
  readonly service: string;
  readonly endpoint: string;
  /** Of one node. */
  readonly address: string | undefined;
}

/** What a client asks of `/rpc`. */
export interface RpcRequest extends RpcNames {
  /** One JSON object, as it was written. */
  readonly request: Raw;
}

/** `id` of the errors of `/rpc`, since 2016. */
export const rpcId = 'go.micro.rpc';

/** An error of `/rpc` itself. */
export const rpcRefusal = (text: string): MicroError =>
  new MicroError('invalid_argument', text, { origin: rpcId, refused: true });

/**
 * Reads the body of `/rpc`: JSON if the content type says so, else a form. Keys are found in any
 * case; `endpoint` is another word for `method`; `request` is an object, or text that holds one.
 * @throws MicroError `invalid_argument` with `go.micro.rpc` as its origin
 */
export function readRpcRequest(body: Buffer | undefined, contentType?: string): RpcRequest {
  const text = body?.toString('utf8') ?? '';
  const isJson = contentTypeOf(contentType) === 'application/json';
  const fields = isJson ? jsonFields(text) : formFields(text);
  return { ...namesIn(fields), request: readRequest(fields.get('request') ?? '') };
}

/** What a web socket at `/rpc` is for. */
export interface RpcQuery extends RpcNames {
  /** The requests are a stream, where no record says what they are. */
  readonly stream: boolean;
}

/** Reads the query of `/rpc`, see {@link readRpcRequest}. */
export function readRpcQuery(query: string): RpcQuery {
  const fields = formFields(query);
  const stream = fields.get('stream') ?? 'false';
  if (stream !== 'true' && stream !== 'false') throw rpcRefusal('stream should be true or false');
  return { ...namesIn(fields), stream: stream === 'true' };
}

function namesIn(fields: ReadonlyMap<string, string>): RpcNames {
  const service = fields.get('service') ?? '';
  const endpoint = fields.get('method') || fields.get('endpoint') || '';
  if (service === '') throw rpcRefusal('invalid service');
  if (endpoint === '') throw rpcRefusal('invalid method');
  return { service, endpoint, address: fields.get('address') || undefined };
}

function readRequest(text: string): Raw {
  try {
    return jsonRequest(Buffer.from(text));
  } catch (error) {
    throw rpcRefusal(`error decoding request string: ${MicroError.from(error).message}`);
  }
}

const formFields = (text: string): ReadonlyMap<string, string> =>
  new Map([...new URLSearchParams(text)].map(([key, value]) => [key.toLowerCase(), value]));

/** Each field as text; of an object or a list, its JSON, with all digits of its numbers. */
function jsonFields(text: string): ReadonlyMap<string, string> {
  let value: unknown;
  try {
    value = parseJson(text, Infinity);
  } catch (error) {
    throw rpcRefusal(`the body is ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw rpcRefusal('the body should be a JSON object');
  const fields = new Map<string, string>();
  for (const [key, json] of rawMembers(text)) {
    if (json === 'null') continue;
    fields.set(key.toLowerCase(), json.startsWith('"') ? (JSON.parse(json) as string) : json);
  }
  return fields;
}
