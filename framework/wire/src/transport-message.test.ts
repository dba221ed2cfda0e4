import { decodeTransportMessage, encodeTransportMessage } from './envelope.ts';

describe('a message of go-micro’s transport on NATS', () => {
  it('has the headers as they are spelt, and its body in base64', () => {
    const headers = { 'Micro-ID': '3', 'Micro-Id': '3', 'X-Tenant': 'Zoë' };
    const text = encodeTransportMessage({ headers, body: Buffer.from('{}') });
    expect(text).toBe(`{"Header":${JSON.stringify(headers)},"Body":"e30="}`);
    const { headers: read, body } = decodeTransportMessage(text);
    expect([{ ...read }, Buffer.from(body).toString()]).toEqual([headers, '{}']);
  });

  it('may lack what Go leaves out, and has no prototype', () => {
    const { headers, body } = decodeTransportMessage('{"header":null,"Body":null}');
    expect([Object.getPrototypeOf(headers), { ...headers }, body.length]).toEqual([null, {}, 0]);
    const odd = decodeTransportMessage('{"Header":{"__proto__":"x","n":1,"a":"b"}}');
    expect(Object.entries(odd.headers)).toEqual([
      ['__proto__', 'x'],
      ['a', 'b'],
    ]);
  });

  it.each(['', '[]', '{', '{"Header":[]}', '{"Body":"%%%"}', '{"Body":7}', '['.repeat(10_000)])(
    'is not %j',
    (text) => {
      expect(() => decodeTransportMessage(text)).toThrow(/not an envelope/);
    },
  );
});
