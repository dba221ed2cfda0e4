import { MicroError } from '@micro-ts/interface';
import { encodeError } from './error.ts';
import { asObject, parseJson, rawMembers } from './json.ts';

/** Longest envelope that is read, in characters. The limits of an app are checked before. */
const maxEnvelope = 256 * 1024 * 1024;
const maxId = 64;

/**
 * A request in the JSON-RPC 1.0 envelope, which go-micro spoke until 2018 and speaks still to nodes
 * that announce no `protocol`. Values stand in it as the JSON text that they came in, so that no
 * number is rounded.
 */
export interface RpcRequest {
  /** JSON text: a number from programs of 2016, a string from later ones. The answer repeats it. */
  readonly id: string;
  /** `Greeter.Hello`. */
  readonly method: string;
  /** JSON text of the value. */
  readonly body: string;
}

/** An answer in the JSON-RPC 1.0 envelope. */
export interface RpcResponse {
  readonly id: string;
  /** JSON text of the value; `{}` beside an error. */
  readonly body: string;
  /** What `decodeError` reads; `EOS` ends a stream. */
  readonly error?: string;
}

/** Writes a request. */
export function encodeRpcRequest({ id, method, body }: RpcRequest): string {
  return `{"method":${JSON.stringify(method)},"params":[${body || '{}'}],"id":${id}}`;
}

/** @throws MicroError `invalid_argument` if it is not a request. */
export function decodeRpcRequest(text: string): RpcRequest {
  return reading('request', () => {
    const { method } = asObject(parseJson(text, maxEnvelope));
    if (typeof method !== 'string') throw new Error('no method');
    const members = rawMembers(text);
    const params = members.get('params') ?? '[]';
    if (!params.startsWith('[') && params !== 'null') throw new Error('params are no list');
    return { id: idOf(members), method, body: rawMembers(params).get('0') ?? '{}' };
  });
}

/** Writes an answer. @param body JSON text of the value. */
export function encodeRpcResponse(id: string, body: string): string {
  return `{"id":${id},"result":${body || '{}'},"error":null}`;
}

/** Writes an error, as a text in `error`. */
export function encodeRpcError(id: string, error: MicroError, service?: string): string {
  return `{"id":${id},"result":{},"error":${JSON.stringify(encodeError(error, service))}}`;
}

/** @throws MicroError `invalid_argument` if it is not an answer. */
export function decodeRpcResponse(text: string): RpcResponse {
  return reading('response', () => {
    const { error } = asObject(parseJson(text, maxEnvelope));
    const members = rawMembers(text);
    const body = members.get('result') ?? '{}';
    const answer = { id: idOf(members), body: body === 'null' ? '{}' : body };
    if (error === null || error === undefined) return answer;
    return { ...answer, error: typeof error === 'string' ? error : (members.get('error') ?? '') };
  });
}

/** The id as it stands there. 2016's are 64-bit numbers, too large for JavaScript. */
function idOf(members: ReadonlyMap<string, string>): string {
  const id = members.get('id') ?? 'null';
  if (id.length > maxId || id.startsWith('{') || id.startsWith('[')) throw new Error('no fit id');
  return id;
}

function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const problem = `not a JSON-RPC ${what}: ${(cause as Error).message}`;
    throw new MicroError('invalid_argument', problem);
  }
}
