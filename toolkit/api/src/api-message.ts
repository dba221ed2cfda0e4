import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { parse } from 'node:querystring';
import type { ParsedUrlQuery } from 'node:querystring';
import type { FastifyRequest } from 'fastify';
import { pathOf, queryOf } from '@micro-ts/edge';

/** A name and all its values, as go-micro's `api.Pair`. */
export interface Pair {
  readonly key: string;
  readonly values: readonly string[];
}

/** An HTTP request as a message: go-micro's `api.Request`. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly header: Readonly<Record<string, Pair>>;
  /** Of the query. */
  readonly get: Readonly<Record<string, Pair>>;
  /** Of a form. */
  readonly post: Readonly<Record<string, Pair>>;
  /** Of what is no form, if it is a text. */
  readonly body: string;
  /** Of what is neither form nor text, in base64. */
  readonly bytes?: string;
  readonly url: string;
}

const form = /^application\/x-www-form-urlencoded\b/i;

/** @param headers without those that services do not get to see */
export function apiRequest(request: FastifyRequest, headers: IncomingHttpHeaders): ApiRequest {
  const url = request.raw.url ?? '/';
  const bytes = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
  const type = headers['content-type'];
  const isForm = bytes.length > 0 && (type === undefined || form.test(type));
  const isText = isForm || isUtf8(bytes);
  return {
    method: request.method,
    path: pathOf(url),
    header: headerPairs(headers),
    get: pairs(parse(queryOf(url), '&', '=', { maxKeys: 1_000 })),
    post: isForm ? pairs(parse(bytes.toString(), '&', '=', { maxKeys: 1_000 })) : pairs({}),
    body: isForm || !isText ? '' : bytes.toString(),
    ...(!isText && { bytes: bytes.toString('base64') }),
    url,
  };
}

/** Names and values, one or several each. No name reaches a prototype. */
function pairs(
  from: IncomingHttpHeaders | ParsedUrlQuery,
  keyOf: (name: string) => string = (name) => name,
): Record<string, Pair> {
  const found = Object.create(null) as Record<string, Pair>;
  for (const [name, value] of Object.entries(from)) {
    if (value === undefined) continue;
    const key = keyOf(name);
    found[key] = { key, values: Array.isArray(value) ? value : [value] };
  }
  return found;
}

/** Headers, each by its name as Go writes it. */
export const headerPairs = (headers: IncomingHttpHeaders): Record<string, Pair> =>
  pairs(headers, headerKey);

/** `Content-Type`, as Go writes it. */
const headerKey = (name: string): string =>
  name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
