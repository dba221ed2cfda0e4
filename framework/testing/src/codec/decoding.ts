import assert from 'node:assert/strict';
import { MicroError } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import type { CodecScene } from './options.ts';
import { encoded, sameValue } from './round-trips.ts';

/** Bytes from elsewhere. */
export const decoding: Clauses<CodecScene> = {
  'garbage throws invalid_argument, and nothing else': async ({ codec, garbage, schema }) => {
    for (const bytes of garbage) {
      assert.throws(
        () => codec.decode(bytes, schema),
        (error) => error instanceof MicroError && error.code === 'invalid_argument',
        `Bytes that cannot be decoded throw MicroError('invalid_argument'): ${bytes}.`,
      );
    }
  },

  'bytes that break off are decoded or refused, and never hang or crash': async (scene) => {
    const { codec, schema } = scene;
    for (const value of scene.values) {
      const bytes = codec.encode(value, schema);
      const step = Math.max(1, Math.floor(bytes.length / 50));
      for (let length = 0; length < bytes.length; length += step) {
        try {
          codec.decode(bytes.slice(0, length), schema);
        } catch (error) {
          const well = error instanceof MicroError && error.code === 'invalid_argument';
          assert.ok(well, `Bytes that break off throw invalid_argument, not ${String(error)}.`);
        }
      }
    }
  },

  'bytes in the midst of a buffer are read alone': async ({ codec, values, schema }) => {
    for (const value of values) {
      const bytes = codec.encode(value, schema);
      const large = new Uint8Array(bytes.length + 20).fill(0x41);
      large.set(bytes, 10);
      const view = large.subarray(10, 10 + bytes.length);
      const why = 'decode reads the view that it is given, not the buffer behind it.';
      sameValue(codec.decode(view, schema), value, why);
      sameValue(codec.decode(Buffer.from(view), schema), value, why);
    }
  },

  'a decoded value shares no memory with the bytes': async ({ codec, values, schema }) => {
    for (const value of values) {
      const bytes = Uint8Array.from(codec.encode(value, schema));
      const back = codec.decode(bytes, schema);
      bytes.fill(0);
      const why = 'Bytes may be reused once they are decoded.';
      sameValue(back, value, why);
    }
  },

  "'__proto__' in a value reaches nothing": async (scene) => {
    const { codec, schema } = scene;
    const texts = [
      '{"__proto__":{"polluted":true},"a":1}',
      '{"a":{"__proto__":{"polluted":true}}}',
      '[{"constructor":{"prototype":{"polluted":true}}}]',
    ];
    for (const text of texts) {
      const bytes = encoded(scene, JSON.parse(text));
      const raw = new TextEncoder().encode(text);
      for (const each of bytes === undefined ? [raw] : [bytes, raw]) {
        try {
          const back: unknown = codec.decode(each, schema);
          for (const value of [back, inside(back, 'a'), inside(back, '0')]) {
            const reached = inside(value, 'polluted');
            assert.equal(reached, undefined, 'A key of a value is never taken for its prototype.');
          }
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          assert.ok(error instanceof MicroError, 'decode throws MicroErrors and nothing else.');
        }
        assert.equal(inside({}, 'polluted'), undefined, 'Nothing reaches Object.prototype.');
      }
    }
  },
};

/** What a value shows under a name, inherited or its own. */
function inside(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = Reflect.get(value, name);
  return found;
}
