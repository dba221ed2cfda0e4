import { metadata } from '@micro-ts/interface';
import { decodeEnvelope, encodeEnvelope } from './index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('an envelope', () => {
  it('comes back as it went', () => {
    const message = {
      contentType: 'application/octet-stream',
      metadata: metadata({ 'micro-topic': 'events', tenant: 'Zoë' }),
      body: Uint8Array.from({ length: 256 }, (_, index) => index),
    };
    expect(decodeEnvelope(encodeEnvelope(message))).toEqual(message);
  });

  it('spells names as Go looks them up', () => {
    const text = encodeEnvelope({
      contentType: 'application/json',
      metadata: metadata({ 'micro-id': '1', 'x-tenant': 'a', 'content-type': 'text/html' }),
      body: bytes('{}'),
    });
    expect(text).toBe(
      '{"Header":{"Content-Type":"application/json","Micro-ID":"1","X-Tenant":"a"},"Body":"e30="}',
    );
  });

  it('writes names in order, what is added last, and escapes what needs it', () => {
    const own = metadata({ b: 'say "hi"\\', a: '\u0000\ud800', 'micro-topic': 'theirs' });
    const text = encodeEnvelope({ contentType: '"', metadata: own, body: bytes('{}') }, [
      ['micro-topic', 'ours'],
    ]);
    const Header = {
      'Content-Type': '"',
      A: '\u0000\ud800',
      B: 'say "hi"\\',
      'Micro-Topic': 'ours',
    };
    expect(text).toBe(JSON.stringify({ Header, Body: 'e30=' }));
  });

  it('leaves out the names that it is told to, however they are spelt', () => {
    const text = '{"Header":{"MICRO-TOPIC":"t","tenant":"a","Flag":true,"Size":7,"List":[]}}';
    expect(decodeEnvelope(text, new Set(['micro-topic'])).metadata).toEqual(
      metadata({ tenant: 'a', flag: 'true', size: '7' }),
    );
  });

  it('spells any number of names', () => {
    const names = Array.from({ length: 3_000 }, (_, at) => `x-name-${at}`);
    const own = metadata(names.map((name) => [name, name] as const));
    for (let times = 0; times < 2; times++) {
      const text = encodeEnvelope({ contentType: '', metadata: own, body: bytes('') });
      expect(text).toContain('"X-Name-2999":"x-name-2999"');
      expect(decodeEnvelope(text).metadata).toEqual(own);
    }
  });

  it('takes the part of the buffer that is meant', () => {
    const body = bytes('xx{}yy').subarray(2, 4);
    expect(encodeEnvelope({ contentType: '', metadata: metadata(), body })).toContain('"e30="');
  });

  it('is read as Go reads it: any case, null, nothing', () => {
    for (const text of ['{"header":null,"BODY":null}', '{}', '{"Header":{},"Body":""}']) {
      expect(decodeEnvelope(text)).toEqual({
        contentType: '',
        metadata: {},
        body: new Uint8Array(),
      });
    }
  });

  it('lets no key reach a prototype', () => {
    const { metadata: own } = decodeEnvelope(
      '{"__proto__":{"body":"e30="},"Header":{"__proto__":"x"}}',
    );
    expect(Object.getPrototypeOf(own)).toBeNull();
    expect(Object.keys(own)).toEqual(['__proto__']);
  });

  it.each([
    '',
    'secret',
    '[]',
    '{"Body":"se{cret}"}',
    '{"Body":"?"}',
    '{"Body":"e30=e"}',
    '{"Body":"="}',
    '{"Body":"e3="}',
    '{"Body":{"secret":1}}',
    '{"Header":"secret"}',
  ])('refuses %j, quoting none of it', (text) => {
    expect(() => decodeEnvelope(text)).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.not.stringMatching(/secret/),
      }),
    );
  });
});
