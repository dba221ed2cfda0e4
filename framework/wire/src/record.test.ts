import { metadata } from '@micro-ts/interface';
import type { Endpoint, JsonSchema, Node } from '@micro-ts/interface';
import { decodeEndpoint, decodeRecord, decodeValue, encodeEndpoint } from './index.ts';
import { encodeRecord, encodeValue } from './index.ts';

const request: JsonSchema = {
  type: 'object',
  title: 'HelloRequest',
  properties: { name: { type: 'string', minLength: 2 }, at: { $ref: '#/$defs/Place' } },
  required: ['name'],
  $defs: { Place: { type: 'object', title: 'Place', properties: { zip: { type: 'integer' } } } },
};

const node: Node = {
  id: 'greeter-1',
  service: 'greeter',
  version: '1.0.0',
  address: '[::1]:8080',
  metadata: metadata({ zone: 'a', transport: 'http' }),
  endpoints: [
    { name: 'Greeter.Hello', kind: 'unary', request, metadata: metadata({ idempotent: 'true' }) },
    { name: 'Greeter.Countdown', kind: 'server', metadata: metadata() },
    { name: 'Greeter.Upload', kind: 'client', metadata: metadata() },
    { name: 'Greeter.Chat', kind: 'bidi', metadata: metadata() },
    { name: 'welcome', kind: 'event', metadata: metadata({ topic: 'user.created' }) },
  ],
};

describe('a record', () => {
  it('comes back as it went', () => {
    expect(decodeRecord(encodeRecord(node))).toEqual([node]);
  });

  it('has the same text for equal nodes', () => {
    const other = {
      ...node,
      metadata: metadata({ transport: 'http' }, { zone: 'a' }),
      endpoints: node.endpoints.map((each) => ({
        ...each,
        metadata: metadata(Object.entries(each.metadata).reverse()),
      })),
    };
    expect(encodeRecord(other)).toBe(encodeRecord(node));
    expect(encodeRecord(decodeRecord(encodeRecord(node))[0] ?? other)).toBe(encodeRecord(node));
  });

  it('joins a host and a port of 2016', () => {
    const text = JSON.stringify({
      name: 'g',
      nodes: [
        { id: 'a', address: '::1', port: 80 },
        { id: 'b', address: 'c:1', port: 0 },
      ],
    });
    expect(decodeRecord(text).map(({ address }) => address)).toEqual(['[::1]:80', 'c:1']);
  });

  it('takes numbers and booleans in metadata for texts, and skips the rest', () => {
    const own = { A: 1, b: true, c: null, d: {}, e: 'x' };
    const text = JSON.stringify({ name: 'g', nodes: [{ id: 'a', address: '', metadata: own }] });
    expect(decodeRecord(text)[0]?.metadata).toEqual({ a: '1', b: 'true', e: 'x' });
  });

  it.each([
    ['garbage', 'secret garbage'],
    ['another value', '["secret"]'],
    ['no name', '{"nodes":[]}'],
    ['a name that is none', '{"name":{"secret":1}}'],
    ['a node without id', '{"name":"g","nodes":[{"address":"secret"}]}'],
    ['nodes that are none', '{"name":"g","nodes":"secret"}'],
    ['endpoints that are none', '{"name":"g","endpoints":["secret"],"nodes":[]}'],
    ['depth', '['.repeat(100_000)],
  ])('refuses %s, quoting none of it', (_name, text) => {
    expect(() => decodeRecord(text)).toThrow(
      expect.objectContaining({ code: 'data_loss', message: expect.not.stringMatching(/secret/) }),
    );
  });

  it('lets no key reach a prototype', () => {
    const text =
      '{"name":"g","nodes":[{"id":"a","address":"b","metadata":{"__proto__":"x","constructor":"y"}}],' +
      '"endpoints":[{"name":"G.H","request":{"type":"R","values":[{"name":"__proto__","type":"string"}]}}]}';
    const [found] = decodeRecord(text);
    expect(Object.getPrototypeOf(found?.metadata)).toBeNull();
    expect(Object.keys(found?.metadata ?? {})).toEqual(['__proto__', 'constructor']);
    const properties = found?.endpoints[0]?.request?.['properties'];
    expect(Object.keys(properties ?? {})).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['type']).toBeUndefined();
  });
});

describe('an endpoint', () => {
  it('has its schemas ride along, and derives those that do not', () => {
    const endpoint: Endpoint = { name: 'G.H', kind: 'unary', request, metadata: metadata() };
    const entry = encodeEndpoint(endpoint);
    expect(JSON.parse(entry.metadata['request-schema'] ?? '')).toEqual(request);
    expect(entry.request).toEqual({
      name: 'HelloRequest',
      type: 'HelloRequest',
      values: [
        { name: 'name', type: 'string', values: null },
        {
          name: 'at',
          type: 'Place',
          values: [{ name: 'zip', type: 'int64', values: null }],
        },
      ],
    });
    expect(decodeEndpoint(entry)).toEqual(endpoint);
    expect(decodeEndpoint({ ...entry, metadata: {} }).request).toEqual({
      type: 'object',
      title: 'HelloRequest',
      properties: {
        name: { type: 'string' },
        at: {
          type: 'object',
          title: 'Place',
          properties: { zip: { type: 'integer', format: 'int64' } },
        },
      },
    });
  });

  it('falls back to the value tree if the schema is broken', () => {
    for (const schema of ['{', '[]', 'null', `${'['.repeat(99)}${']'.repeat(99)}`]) {
      const entry = {
        name: 'G.H',
        request: { name: 'R', type: 'R', values: [{ name: 'a', type: 'bool', values: null }] },
        metadata: { 'request-schema': schema },
      };
      expect(decodeEndpoint(entry)).toEqual({
        name: 'G.H',
        kind: 'unary',
        request: { type: 'object', title: 'R', properties: { a: { type: 'boolean' } } },
        metadata: {},
      });
    }
  });

  it('takes a stream of Go for one in both directions', () => {
    expect(decodeEndpoint({ name: 'G.S', metadata: { stream: 'true' } }).kind).toBe('bidi');
  });
});

describe('a value tree', () => {
  const types = {
    s: { type: 'string' },
    n: { type: 'number' },
    f: { type: 'number', format: 'float' },
    i: { type: 'integer', format: 'int32' },
    b: { type: ['null', 'boolean'] },
    d: { type: 'string', format: 'date-time' },
    x: { type: 'string', contentEncoding: 'base64' },
    l: { type: 'array', items: { type: 'string' } },
    m: { type: 'array', items: { type: 'object', title: 'Item' } },
    any: {},
  };

  it('names the types as Go does', () => {
    const { values } = encodeValue({ type: 'object', properties: types });
    expect(values?.map(({ name, type }) => `${name}:${type}`)).toEqual([
      's:string',
      'n:float64',
      'f:float32',
      'i:int32',
      'b:bool',
      'd:Time',
      'x:[]byte',
      'l:[]string',
      'm:[]Item',
      'any:',
    ]);
  });

  it('reads every type that it writes', () => {
    for (const schema of Object.values(types)) {
      const value = encodeValue({ type: 'object', title: 'T', properties: { a: schema } });
      expect(encodeValue(decodeValue(value) ?? {})).toEqual(value);
    }
  });

  it('ends after three levels, also for types that hold themselves', () => {
    const tree = encodeValue({
      title: 'Tree',
      $ref: '#/$defs/Tree',
      $defs: {
        Tree: { title: 'Tree', type: 'object', properties: { left: { $ref: '#/$defs/Tree' } } },
        Loop: { $ref: '#/$defs/Loop' },
      },
    });
    expect(tree.values?.[0]?.values?.[0]).toEqual({ name: 'left', type: 'Tree', values: null });
    expect(
      encodeValue({ $ref: '#/$defs/Loop', $defs: { Loop: { $ref: '#/$defs/Loop' } } }),
    ).toEqual({ name: '', type: '', values: null });
  });

  it('is bounded when a peer made it deep', () => {
    let value: object = { name: 'a', type: 'string', values: null };
    for (let level = 0; level < 40; level++) value = { name: 'a', type: 'T', values: [value] };
    expect(JSON.stringify(decodeValue(value)).length).toBeLessThan(1_000);
  });
});
