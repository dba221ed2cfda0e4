import fc from 'fast-check';
import type { FastifyRequest } from 'fastify';
import { metadata, MicroError } from 'micro-ts';
import type { Endpoint } from 'micro-ts';
import type { DirectoryEntry } from './directory.ts';
import { requestBody } from './request-body.ts';
import { resolvePath } from './resolve-path.ts';
import { buildRouteTable } from './route-table.ts';
import { pathOf, splitPath } from './split-path.ts';
import { readRoutePattern } from './route-pattern.ts';
import { readRpcRequest } from './rpc-request.ts';
import { SchemaView } from './schema-view.ts';

const runs = { numRuns: 500 };

/** What it returns, or the code of the MicroError that it throws; nothing else may come out. */
function outcome<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    if (error instanceof MicroError) return error.code;
    throw error;
  }
}

const nasty = fc.constantFrom(
  ...[
    '..',
    '.',
    '%2e',
    '%2E%2e',
    '%2f',
    '%5c',
    '\\',
    '%00',
    '\0',
    '%',
    '%zz',
    '%c0%af',
    'é',
    '😀',
    '',
  ],
  ...[
    'v1',
    'v',
    'foo',
    'Foo.Bar',
    '-',
    '__proto__',
    'constructor',
    'a-b',
    'a.b.c',
    ':id',
    '*',
    '{x}',
  ],
);
const segment = fc.oneof(
  nasty,
  fc.string({ maxLength: 8 }),
  fc.string({ maxLength: 6, unit: 'binary' }),
);
const path = fc.array(segment, { maxLength: 7 }).map((segments) => `/${segments.join('/')}`);

const clean = (text: string): boolean => !/[/\\\0-\x1f\x7f]/.test(text);

const keys = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'a',
    'b',
    'a.b',
    'a.__proto__.x',
    '',
    '.',
  ),
  fc.string({ maxLength: 6 }),
);

const schema = fc.letrec((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      {},
      true,
      null,
      { type: 'string' },
      { type: ['integer', 'null'] },
      { enum: ['a', 1] },
    ),
    fc.record({ type: fc.constant('array'), items: tie('schema') }),
    fc.record({
      properties: fc.dictionary(keys, tie('schema')),
      $ref: fc.constantFrom('#', '#/properties/a', 'x'),
    }),
    fc.record({
      properties: fc.dictionary(keys, tie('schema')),
      additionalProperties: tie('schema'),
    }),
    fc.record({ anyOf: fc.array(tie('schema'), { maxLength: 3 }) }),
  ),
})).schema;

const endpoint = (request: unknown): Endpoint =>
  ({
    ...{ name: 'A.B', kind: 'unary', metadata: metadata() },
    ...(typeof request === 'object' &&
      request !== null && { request: request as Endpoint['request'] }),
  }) as Endpoint;

const requestOf = (url: string, body?: string, type?: string): FastifyRequest =>
  ({
    ...{ url, headers: { 'content-type': type } },
    body: body === undefined ? undefined : Buffer.from(body),
  }) as unknown as FastifyRequest;

describe('whatever comes', () => {
  it('splitPath gives plain segments or refuses', () => {
    fc.assert(
      fc.property(path, (given) => {
        const parts = outcome(() => splitPath(given));
        if (parts === 'invalid_argument' || parts === undefined) return;
        expect(
          (parts as string[]).every((each) => each !== '' && each !== '..' && clean(each)),
        ).toBe(true);
      }),
      runs,
    );
  });

  it('resolvePath names a service or refuses, and always the same', () => {
    fc.assert(
      fc.property(path, fc.constantFrom('', 'go.micro.api', 'acme-'), (given, namespace) => {
        const meant = outcome(() => resolvePath(given, { namespace }));
        expect(outcome(() => resolvePath(given, { namespace }))).toEqual(meant);
        if (typeof meant === 'string')
          return expect(['not_found', 'invalid_argument']).toContain(meant);
        expect(meant.service).toMatch(/^\w+(?:[.-]\w+)*$/);
        expect(meant.endpoint).toMatch(/^\w+(?:[.-]\w+)+$/);
        expect(meant.service.startsWith(namespace)).toBe(true);
      }),
      runs,
    );
  });

  it('a route table finds for each of its routes that one or a more particular one', () => {
    const places = fc.array(path, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(places, path, (paths, asked) => {
        const endpoints = paths.map((each, at): Endpoint => ({
          ...{ name: `A.X${at}`, kind: 'unary' },
          metadata: metadata({ http: `GET ${each}` }),
        }));
        const entry: DirectoryEntry = {
          ...{ service: 'a', nodes: [], endpoints: new Map(endpoints.map((e) => [e.name, e])) },
        };
        const table = buildRouteTable([entry]);
        for (const route of table.routes) {
          const segments = readRoutePattern(route.path);
          if (typeof segments === 'string') throw new Error('is served, and is no route');
          const own = segments.map((each) => (each.kind === 'text' ? each.text : 'zz9')).join('/');
          expect(outcome(() => table.match('GET', `/${own}`))).toBeDefined();
        }
        const match = outcome(() => table.match('GET', asked));
        if (typeof match === 'string') expect(match).toBe('invalid_argument');
        expect(outcome(() => buildRouteTable([entry]).match('GET', asked))).toEqual(match);
      }),
      { numRuns: 200 },
    );
  });

  it('/rpc reads one JSON object or refuses', () => {
    const field = fc.oneof(fc.string(), fc.json(), fc.constantFrom('greeter', 'A.B', '{"a":1}'));
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(
          fc.constantFrom('service', 'Method', 'endpoint', 'REQUEST', 'address', '__proto__'),
          field,
        )
        .map((each) => JSON.stringify(each)),
      fc
        .dictionary(fc.constantFrom('service', 'method', 'request', 'address'), field)
        .map((each) => new URLSearchParams(each).toString()),
    );
    const types = fc.constantFrom(
      undefined,
      'application/json',
      'application/x-www-form-urlencoded',
      'x',
    );
    fc.assert(
      fc.property(body, types, (text, type) => {
        const read = outcome(() => readRpcRequest(Buffer.from(text), type));
        if (typeof read === 'string') return expect(read).toBe('invalid_argument');
        expect(read.service).not.toBe('');
        expect(read.endpoint).not.toBe('');
        expect(JSON.parse(Buffer.from(read.request.bytes).toString())).toEqual(expect.any(Object));
      }),
      { numRuns: 1_000 },
    );
  });

  it('a query becomes a JSON object, typed or refused; nothing reaches a prototype', () => {
    const query = fc
      .array(
        fc.tuple(
          keys,
          fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('1', 'true', '-0', '1e9', 'null')),
        ),
      )
      .map((pairs) => new URLSearchParams(pairs).toString());
    fc.assert(
      fc.property(query, schema, fc.option(fc.json(), { nil: undefined }), (given, of, body) => {
        const request = requestOf(`/x?${given}`, body, 'application/json');
        const raw = outcome(() => requestBody(request, endpoint(of), [['id', '7']]));
        expect(({} as Record<string, unknown>)['x']).toBeUndefined();
        if (typeof raw === 'string') return expect(raw).toBe('invalid_argument');
        const value = JSON.parse(Buffer.from(raw.bytes).toString()) as Record<string, unknown>;
        expect(Array.isArray(value)).toBe(false);
        expect(String(value['id'])).toBe('7');
      }),
      { numRuns: 1_000 },
    );
  });

  it('a schema that contains itself ends', () => {
    const loop: Record<string, unknown> = {
      $ref: '#',
      anyOf: [{ $ref: '#' }, { $ref: '#/anyOf/0' }],
    };
    expect(SchemaView.of(loop).isKnown).toBe(false);
    const wide: Record<string, unknown> = {
      anyOf: Array.from({ length: 60 }, () => ({ $ref: '#' })),
    };
    expect(SchemaView.of(wide).isKnown).toBe(false);
  });

  it('the path of a URL has no query', () => {
    fc.assert(
      fc.property(fc.string(), (url) => !pathOf(url).includes('?')),
      runs,
    );
  });
});
