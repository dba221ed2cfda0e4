import { contentTypeOf } from '@micro-ts/wire';
import type { FastifyRequest } from 'fastify';
import { Raw } from 'micro-ts';
import type { Endpoint } from 'micro-ts';
import { refusal } from './refusal.ts';
import { fieldTree } from './field-tree.ts';
import { jsonRequest } from './json-object.ts';
import { queryOf } from './split-path.ts';
import { addFields, fieldsToJson } from './typed-fields.ts';

/** Names and values of a path's variables. */
export type PathVariables = readonly (readonly [name: string, value: string])[];

const json = 'application/json';
const form = 'application/x-www-form-urlencoded';
const none: PathVariables = [];

/**
 * The request of a call, made of an HTTP request: its JSON body as it was sent; fields of the query
 * or a form, typed by the endpoint's schema. Variables of the path win over the body, and the body
 * over the query. A body without a content type is JSON, and so is a form that begins with `{`, which
 * is what curl makes of `-d '{…}'`. Other types than JSON and forms pass untouched.
 * @param request with its body as bytes, see `takeRawBodies`
 * @throws MicroError `invalid_argument` for what cannot be read
 */
export function requestBody(
  request: FastifyRequest,
  endpoint: Endpoint,
  variables: PathVariables = none,
): Raw {
  const body = request.body as Buffer | undefined;
  const query = queryOf(request.url);
  if (body === undefined || body.length === 0) {
    if (query === '' && variables.length === 0) return jsonRequest(undefined);
    return fieldsRequest(endpoint, query, variables);
  }
  const type = contentTypeOf(request.headers['content-type']);
  if (isForm(type, body)) return fieldsRequest(endpoint, formText(query, body), variables);
  const isJson = type === json || type === '' || type === form;
  return withFields(
    isJson ? jsonRequest(body) : new Raw(type, body),
    request.url,
    endpoint,
    variables,
  );
}

/**
 * A request with the fields of the query and the path's variables added. What is no JSON takes none.
 * @throws MicroError `invalid_argument` if it is no JSON, and the path has variables
 */
export function withFields(
  body: Raw,
  url: string,
  { request }: Endpoint,
  variables: PathVariables,
): Raw {
  const query = queryOf(url);
  if (body.contentType !== json) {
    if (variables.length === 0) return body;
    throw refusal('invalid_argument', `the path has variables, so the body should be ${json}`);
  }
  if (query === '' && variables.length === 0) return body;
  const text = Buffer.from(body.bytes).toString('utf8');
  const asked = addFields(text, fieldTree(new URLSearchParams(query)), request, false);
  return new Raw(json, Buffer.from(addFields(asked, fieldTree(variables), request, true)));
}

const isForm = (type: string, body: Buffer): boolean =>
  type === form && !/^\s*\{/.test(body.toString('latin1', 0, 64));

const formText = (query: string, body: Buffer): string =>
  query === '' ? body.toString('utf8') : `${query}&${body.toString('utf8')}`;

function fieldsRequest({ request }: Endpoint, query: string, variables: PathVariables): Raw {
  const fields = fieldsToJson(fieldTree(new URLSearchParams(query)), request);
  const all =
    variables.length === 0 ? fields : addFields(fields, fieldTree(variables), request, true);
  return new Raw(json, Buffer.from(all));
}
