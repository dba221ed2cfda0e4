import { Lifetime, metadata, noMetadata } from '@micro-ts/interface';
import type { CallMessage, Metadata } from '@micro-ts/interface';
import { callHeaders, contentTypeOf, fromHeaderText, isReserved } from './index.ts';
import { readCallHeaders, readMetadata, toHeaderText } from './index.ts';

const call = (changes: Partial<CallMessage> = {}): CallMessage => ({
  service: 'greeter',
  endpoint: 'Greeter.Hello',
  contentType: 'application/json',
  metadata: noMetadata,
  body: new Uint8Array(),
  lifetime: new Lifetime(),
  attempt: 1,
  ...changes,
});

const travel = (changes: Partial<CallMessage>): ReturnType<typeof readCallHeaders> =>
  readCallHeaders(metadata(callHeaders(call(changes))));

describe('headers of a call', () => {
  it('say on the other side what was called', () => {
    expect(travel({ attempt: 3, metadata: metadata({ tenant: 'acme' }) })).toEqual({
      service: 'greeter',
      endpoint: 'Greeter.Hello',
      contentType: 'application/json',
      metadata: { tenant: 'acme' },
      timeout: Infinity,
      attempt: 3,
    });
  });

  it('tell a first attempt and no deadline by saying nothing', () => {
    expect(Object.keys(callHeaders(call()))).toEqual([
      'Content-Type',
      'Micro-Endpoint',
      'Micro-Id',
      'Micro-Method',
      'Micro-Service',
    ]);
  });

  it('give each call an id', () => {
    expect(callHeaders(call())['Micro-Id']).not.toBe(callHeaders(call())['Micro-Id']);
  });

  it('carry what is left as whole nanoseconds', () => {
    const left = (lifetime: Pick<Lifetime, 'left'>): string | undefined =>
      callHeaders(call({ lifetime: lifetime as Lifetime }))['Timeout'];
    expect(left({ left: 250.1234567 })).toBe('250123000');
    expect(left({ left: 0 })).toBe('1');
    expect(left({ left: 2 ** 31 })).toBe('2147483648000000');
    expect(left({ left: 1e15 })).toBeUndefined();
    expect(travel({ lifetime: new Lifetime(performance.now() + 1_000) }).timeout).toBeLessThan(
      1_001,
    );
  });

  it.each([
    ['5s', 'invalid_argument'],
    ['', 'invalid_argument'],
    ['1.5', 'invalid_argument'],
    ['9'.repeat(21), 'invalid_argument'],
    ['--1', 'invalid_argument'],
    ['0', 'deadline_exceeded'],
    ['-5', 'deadline_exceeded'],
  ])('refuse the timeout %j as %s', (timeout, code) => {
    expect(() => readCallHeaders(metadata({ timeout }))).toThrow(
      expect.objectContaining({ code, refused: true }),
    );
  });

  it('refuse an attempt that is none, and bound the others', () => {
    for (const bad of ['0', 'x', '-1', '']) {
      expect(() => readCallHeaders(metadata({ 'micro-attempt': bad }))).toThrow(/Micro-Attempt/);
    }
    expect(readCallHeaders(metadata({ 'micro-attempt': '9999' })).attempt).toBe(255);
  });

  it('are read as Go and curl write them', () => {
    const read = (headers: Record<string, string>): string =>
      readCallHeaders(metadata(headers)).endpoint;
    expect(read({ 'Micro-Method': 'A.B' })).toBe('A.B');
    expect(read({ 'X-Micro-Endpoint': 'A.B' })).toBe('A.B');
    expect(read({ 'Micro-Endpoint': 'A.B', 'Micro-Method': 'C.D' })).toBe('A.B');
    expect(read({ host: 'localhost' })).toBe('');
    expect(readCallHeaders(metadata({ 'x-micro-service': 'g' })).service).toBe('g');
  });

  it('keep reserved names out of metadata, both ways', () => {
    const reserved = [
      ':path',
      'accept',
      'accept-encoding',
      'connection',
      'content-length',
      'content-type',
      'host',
      'keep-alive',
      'local',
      'micro-topic',
      'proxy-authorization',
      'remote',
      'te',
      'timeout',
      'transfer-encoding',
      'upgrade',
      'user-agent',
      'x-micro-error',
    ];
    const own = ['authorization', 'traceparent', 'constructor', 'x-tenant', 'contention', 'hosts'];
    for (const name of reserved) expect(isReserved(name)).toBe(true);
    for (const name of own) expect(isReserved(name)).toBe(false);
    const all: Metadata = metadata([...reserved, ...own].map((name) => [name, '1'] as const));
    expect(Object.keys(readMetadata(all)).sort()).toEqual([...own].sort());
    const sent = callHeaders(call({ metadata: all }));
    expect(sent).toMatchObject({ 'Content-Type': 'application/json' });
    expect(sent['host']).toBeUndefined();
    expect(sent['content-type']).toBeUndefined();
    expect(sent['authorization']).toBe('1');
  });

  it('let no name reach a prototype', () => {
    const polluted = metadata([['__proto__', 'x'] as const, ['toString', 'y'] as const]);
    expect(Object.keys(readMetadata(polluted))).toEqual(['tostring']);
    expect(Object.getPrototypeOf(readMetadata(polluted))).toBeNull();
    expect(Object.getPrototypeOf(callHeaders(call({ metadata: polluted })))).toBe(Object.prototype);
  });

  it('refuse a name that no header can have', () => {
    for (const key of ['my key', '', 'ключ', 'a:b', 'a\r\nb']) {
      expect(() => callHeaders(call({ metadata: metadata({ [key]: '1' }) }))).toThrow(
        expect.objectContaining({ code: 'invalid_argument', refused: true }),
      );
    }
  });

  it('cannot be broken in two by a value', () => {
    const headers = callHeaders(
      call({
        service: 'a\r\nEvil: 1',
        endpoint: 'A.B\n',
        metadata: metadata({ k: 'x\r\n\r\nGET /' }),
      }),
    );
    expect(headers).toMatchObject({
      'Micro-Service': 'a Evil: 1',
      'Micro-Endpoint': 'A.B ',
      k: 'x GET /',
    });
    expect(readMetadata(metadata({ k: 'x\r\ny\0z' }))).toEqual({ k: 'x y z' });
  });
});

describe('text in a header', () => {
  it('travels as UTF-8', () => {
    for (const text of ['Zoë', '東京', '🙂', '\ufffd', 'Ã©', 'plain', '']) {
      const header = toHeaderText(text);
      expect(header).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
      expect(fromHeaderText(header)).toBe(text);
    }
    expect(toHeaderText('é')).toBe('\xc3\xa9');
  });

  it('stays as it is where it is no UTF-8, or never was bytes', () => {
    expect(fromHeaderText('caf\xe9')).toBe('caf\xe9');
    expect(fromHeaderText('東京')).toBe('東京');
  });
});

describe('a content type', () => {
  it('is lower case, without parameters', () => {
    expect(contentTypeOf('Application/JSON; charset=utf-8')).toBe('application/json');
    expect(contentTypeOf(' text/plain ')).toBe('text/plain');
    expect(contentTypeOf(undefined)).toBe('');
  });
});
