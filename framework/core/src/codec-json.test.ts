import { MicroError } from '@micro-ts/interface';
import { jsonCodec } from './codec-json.ts';
import { copyValue } from './copy-value.ts';

const overTheWire = (value: unknown): unknown => jsonCodec.decode(jsonCodec.encode(value));

/** The method stands in the prototype, where no loop over properties finds it. */
class Money {
  toJSON(): object {
    return { amount: 5n };
  }
}

const values: Record<string, unknown> = {
  plain: { name: 'Ann', age: 41, ok: true, none: null },
  nested: { list: [1, [2, { three: 3 }]], empty: {}, nothing: [] },
  dates: { at: new Date(0), when: [new Date(1e12)] },
  bigints: { big: 12345678901234567890n, all: [1n] },
  bytes: { data: new Uint8Array([1, 2, 255]), buffer: Buffer.from('hi') },
  'what JSON leaves out': { a: undefined, f: () => 1, s: Symbol('x'), l: [undefined] },
  'numbers that JSON lacks': { nan: NaN, infinite: Infinity, minus: -0 },
  'own toJSON': { money: { amount: 5n, toJSON: () => ({ amount: '5' }) } },
  'bigints that toJSON makes': { money: { toJSON: () => ({ amount: 5n, of: [1n] }) } },
  'bigints that a method of a class makes': { money: new Money(), all: [new Money()] },
  'bytes that toJSON makes': { data: { toJSON: () => new Uint8Array([1, 2]) } },
  'a list with holes': { list: Object.assign([], { 2: 1 }) },
  'what reaches a prototype': JSON.parse(
    '{"a":1,"__proto__":{"b":1},"constructor":{"prototype":{"c":1}}}',
  ),
  unicode: { text: 'naïve 日本 🎉 \u2028' },
};

describe('a value comes out of a call within the app as out of one over the wire', () => {
  it.each(Object.entries(values))('%s', (_name, value) => {
    expect(copyValue(value)).toEqual(overTheWire(value));
  });

  it('shares nothing with the original', () => {
    const original = { inner: { list: [1] } };
    const copy = copyValue(original) as typeof original;
    copy.inner.list.push(2);
    expect(original.inner.list).toEqual([1]);
  });

  it('says so when the value refers to itself', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    for (const send of [copyValue, overTheWire]) expect(() => send(loop)).toThrow(MicroError);
  });
});

describe('JSON', () => {
  it('reads an empty body as an empty message', () => {
    expect(jsonCodec.decode(new Uint8Array())).toEqual({});
  });

  it.each(['{', 'nope', '\xff\xfe'])('refuses %j as an invalid argument', (text) => {
    expect(() => jsonCodec.decode(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });

  it.each([
    '{"__proto__":{"admin":true},"a":1}',
    '{"\\u005f_proto__":{"admin":true},"a":1}',
    '{"constructor":{"prototype":{"admin":true}},"a":1}',
    '{"nested":{"__proto__":{"admin":true}},"a":1}',
  ])('lets %s reach no prototype', (text) => {
    const value = jsonCodec.decode(Buffer.from(text)) as Record<string, unknown>;
    const merged = Object.assign({}, value) as Record<string, unknown>;
    expect(merged['admin']).toBeUndefined();
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    expect(Object.hasOwn(value, '__proto__')).toBe(false);
    expect(value['a']).toBe(1);
  });

  it('keeps a harmless property that is called constructor', () => {
    const value = { constructor: 'Renzo Piano' };
    expect(overTheWire(value)).toEqual(value);
  });
});
