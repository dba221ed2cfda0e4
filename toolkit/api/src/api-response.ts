import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';
import { refusal } from '@micro-ts/edge';
import type { FastifyReply } from 'fastify';
import * as v from 'valibot';
import { endToEnd } from './forwarded-headers.ts';

const object = v.custom<object>(
  (given) => typeof given === 'object' && given !== null && !Array.isArray(given),
);

/** A header: go-micro's `api.Pair`. Go leaves out what is empty. */
const pair = v.object({
  key: v.nullish(v.string(), ''),
  values: v.nullish(v.array(v.union([v.string(), v.number()])), []),
});

/** What a service answers to an `ApiRequest`: go-micro's `api.Response`, and bytes. */
const apiResponse = v.pipe(
  object,
  v.object({
    statusCode: v.nullish(
      v.pipe(
        v.number(),
        v.integer(),
        v.check((status) => status === 0 || (status >= 200 && status <= 599)),
      ),
      200,
    ),
    header: v.nullish(v.pipe(object, v.record(v.string(), v.nullable(pair))), {}),
    body: v.nullish(v.string(), ''),
    /** In base64, in place of `body`. */
    bytes: v.nullish(v.string()),
  }),
);

type Header = v.InferOutput<typeof apiResponse>['header'];

/**
 * Answers with an `api.Response`.
 * @throws MicroError `data_loss` if it is none
 */
export function sendApiResponse(reply: FastifyReply, message: unknown): FastifyReply {
  const result = v.safeParse(apiResponse, message ?? {});
  if (!result.success) throw wrong(v.getDotPath(result.issues[0]) ?? '');
  const { statusCode, header, body, bytes } = result.output;
  const headers = headersOf(header);
  return reply
    .code(statusCode || 200)
    .headers({ 'content-type': 'application/json', ...headers } as Record<string, string>)
    .send(bytes == null ? body : Buffer.from(bytes, 'base64'));
}

/** What frames the answer is the gateway's to say. */
function headersOf(header: Header): OutgoingHttpHeaders {
  const found = new Map<string, string[]>();
  for (const [place, pair] of Object.entries(header)) {
    const name = pair?.key || place;
    const values = (pair?.values ?? []).map(String);
    check(name, values);
    const before = found.get(name.toLowerCase()) ?? [];
    if (values.length > 0) found.set(name.toLowerCase(), [...before, ...values]);
  }
  const { 'content-length': _length, ...headers } = endToEnd(
    Object.fromEntries(
      Array.from(found, ([name, all]) => [name, name === 'set-cookie' ? all : all.join(', ')]),
    ),
  );
  return headers;
}

function check(name: string, values: readonly string[]): void {
  try {
    validateHeaderName(name);
    for (const value of values) validateHeaderValue(name, value);
  } catch {
    throw wrong(`header ${JSON.stringify(name.slice(0, 100))}`);
  }
}

const wrong = (where: string): Error =>
  refusal('data_loss', `the service answered what is no api.Response: ${where}`.replace(/: $/, ''));
