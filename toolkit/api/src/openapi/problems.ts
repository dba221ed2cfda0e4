import { errorCodes } from 'micro-ts';
import { problemType } from '@micro-ts/edge';
import type { JsonObject } from './published-schema.ts';

const text = (description: string): JsonObject => ({ type: 'string', description });

/** What errors look like. Their names have no dot, as those of services' schemas have. */
export const problemSchemas: JsonObject = {
  Problem: {
    description: 'An error, as RFC 9457 has it.',
    type: 'object',
    required: ['type', 'title', 'status', 'code'],
    properties: {
      type: text('urn:micro:error:not_found'),
      title: text('The code in words.'),
      status: { type: 'integer' },
      detail: text('What went wrong.'),
      instance: text('Path of the request.'),
      code: { type: 'string', enum: Object.keys(errorCodes) },
      requestId: text('Stands in the logs.'),
      details: { description: 'Data of the service.' },
    },
  },
  MicroError: {
    description: "An error in go-micro's shape, for Accept: application/vnd.micro.error+json.",
    type: 'object',
    properties: {
      id: text('Who made it.'),
      code: { type: 'integer' },
      detail: text('What went wrong.'),
      status: text('The status in words.'),
    },
  },
};

const answers = {
  BadRequest: [400, 'The request is not what the endpoint takes.'],
  Unauthenticated: [401, 'No key or token, or one that is not known.'],
  Forbidden: [403, 'The key or token does not allow this.'],
  NotFound: [404, 'There is no such thing.'],
  TooMany: [429, 'Too many requests.'],
  Failed: [500, 'The service failed.'],
  Unavailable: [503, 'No node of the service is up.'],
  TooLate: [504, 'The deadline passed.'],
} as const;

const header = (description: string): JsonObject => ({ description, schema: { type: 'string' } });
const wait: JsonObject = { 'Retry-After': header('Seconds to wait.') };
const headers: Readonly<Record<number, JsonObject>> = {
  401: { 'WWW-Authenticate': header('What is asked for.') },
  429: wait,
  503: wait,
};

/** The answers that tell of errors, as components. */
export const problemResponses: JsonObject = Object.fromEntries(
  Object.entries(answers).map(([name, [status, description]]) => [
    name,
    {
      description,
      ...(headers[status] && { headers: headers[status] }),
      content: {
        [problemType]: { schema: { $ref: '#/components/schemas/Problem' } },
        'application/json': { schema: { $ref: '#/components/schemas/MicroError' } },
      },
    },
  ]),
);

/** References to them, by status. @param secured whether callers have to say who they are */
export const problemsOf = (secured: boolean): JsonObject =>
  Object.fromEntries(
    Object.entries(answers)
      .filter(([, [status]]) => secured || (status !== 401 && status !== 403))
      .map(([name, [status]]) => [String(status), { $ref: `#/components/responses/${name}` }]),
  );
