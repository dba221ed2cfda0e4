import type { FastifyRequest } from 'fastify';
import { requestId } from './request-id.ts';
import { createMetadataRules } from './request-metadata.ts';
import { readTimeout } from './request-timeout.ts';
import { compareVersions } from './versions.ts';

const request = (headers: Record<string, string | string[]>): FastifyRequest =>
  ({ headers, id: 'r-1' }) as unknown as FastifyRequest;

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('metadata rules', () => {
  it('pass what always passes', () => {
    const headers = { authorization: 'Bearer x', 'x-tenant': 'acme', traceparent: parent };
    expect(
      createMetadataRules()(request({ ...headers, tracestate: 'a=b', baggage: 'c=d' })),
    ).toEqual({
      ...{ authorization: 'Bearer x', 'x-request-id': 'r-1', traceparent: parent },
      ...{ tracestate: 'a=b', baggage: 'c=d' },
    });
  });

  it('pass what is configured, and never what belongs to a connection or a browser', () => {
    const headers = ['*', 'Cookie', 'X-Tenant', '__proto__'];
    const given = {
      ...{ 'x-tenant': 'acme', 'x-list': ['a', 'b'], 'x-name': 'Zo\u00c3\u00ab', cookie: 'a=b' },
      ...{
        connection: 'close',
        host: 'x',
        'micro-service': 'y',
        'content-type': 'z',
        te: 'trailers',
      },
      ...{ 'proxy-authorization': 'secret', 'sec-fetch-mode': 'cors', timeout: '1s', upgrade: 'x' },
      ...{ 'transfer-encoding': 'chunked', accept: '*/*', 'user-agent': 'curl' },
    };
    const made = createMetadataRules({ headers })(request(given));
    const { traceparent, ...rest } = made;
    expect(rest).toEqual({
      ...{ 'x-request-id': 'r-1', 'x-tenant': 'acme', 'x-list': 'a,b', 'x-name': 'Zoë' },
    });
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(Object.getPrototypeOf(made)).toBeNull();
  });

  it('begin a trace where there is none that makes sense', () => {
    const rules = createMetadataRules();
    const made = new Set<string | undefined>();
    for (const bad of [
      '',
      'x',
      parent.slice(0, -1),
      `ff${parent.slice(2)}`,
      parent.toUpperCase(),
      `${parent}-x`,
      parent.replace(/[1-9a-f]/g, '0'),
    ]) {
      const { traceparent, tracestate } = rules(request({ traceparent: bad, tracestate: 'a=b' }));
      expect(tracestate).toBeUndefined();
      made.add(traceparent);
    }
    expect(made.size).toBe(7);
    for (let n = 0; n < 500; n++) made.add(rules(request({}))['traceparent']);
    expect(made.size).toBe(507);
  });

  it('drop a baggage that is too long', () => {
    const { baggage } = createMetadataRules()(request({ baggage: 'x'.repeat(9_000) }));
    expect(baggage).toBeUndefined();
  });
});

describe('the id of a request', () => {
  it.each(['abc-1', 'A.b_c:d/e+f=g@h', 'x'.repeat(128)])('is %s', (id) => {
    expect(requestId({ headers: { 'x-request-id': id } })).toBe(id);
  });

  it.each([undefined, '', 'a b', 'x'.repeat(129), '<script>', 'a\nb', ['a', 'b']])(
    'is made for %j',
    (id) => {
      const headers = { 'x-request-id': id } as Record<string, string>;
      expect(requestId({ headers })).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});

describe('Timeout', () => {
  it.each([
    [undefined, undefined],
    ['300ms', 300],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['5000000000', 5_000],
    ['5000us', 5],
    ['1h', 300_000],
    ['99999999m', 300_000],
  ])('%s is %j ms', (text, ms) => {
    expect(readTimeout(text, 300_000)).toBe(ms);
  });

  it.each(['5', '0', '0s', '', '-1s', '5 s', 'Infinity', '1e9s', '1,5s'])(
    '%j is refused',
    (text) => {
      expect(() => readTimeout(text, 300_000)).toThrow('Timeout');
    },
  );
});

describe('versions', () => {
  it('are in order', () => {
    const sorted = [
      'latest',
      'next',
      '0.9',
      'v1.0.0',
      '1.9.0',
      '1.10.0-rc.1',
      '1.10.0',
      '2',
      '10.0',
    ];
    for (const [at, one] of sorted.entries())
      for (const [other, another] of sorted.entries())
        expect(Math.sign(compareVersions(one, another))).toBe(Math.sign(at - other));
  });
});
