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
