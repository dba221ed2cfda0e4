import assert from 'node:assert/strict';
import { MicroError } from '@micro-ts/interface';
import type { Clauses } from '../clause.ts';
import { same } from '../expect.ts';
import type { CodecScene } from './options.ts';

/** Compares values; bytes by their content, whichever class holds them. */
export function sameValue(actual: unknown, expected: unknown, sentence: string): void {
  if (expected instanceof Uint8Array && actual instanceof Uint8Array) {
    same([...actual], [...expected], sentence);
  } else {
    same(actual, expected, sentence);
  }
}

/** The bytes of a value, or `undefined` if the format does not know its kind. */
export function encoded({ codec, schema }: CodecScene, value: unknown): Uint8Array | undefined {
  try {
    return codec.encode(value, schema);
  } catch (error) {
    assert.ok(error instanceof MicroError, 'encode throws MicroErrors and nothing else.');
    same(error.code, 'invalid_argument', 'What cannot be encoded throws invalid_argument.');
    return undefined;
  }
}

/** Values and their bytes. */
export const roundTrips: Clauses<CodecScene> = {
  'the content type is lower case and has no parameters': async ({ codec }) => {
    const { contentType } = codec;
    const plain = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(contentType);
    assert.ok(plain, `The content type is lower case, without parameters, not '${contentType}'.`);
  },

  'each value comes back as it was': async ({ codec, values, schema }) => {
    assert.ok(values.length > 0, 'The kit is given values to try.');
    for (const value of values) {
      const bytes = codec.encode(value, schema);
      assert.ok(bytes instanceof Uint8Array, 'encode returns bytes.');
      const why = 'A value that is encoded and decoded comes back as it was.';
      sameValue(codec.decode(bytes, schema), value, why);
    }
  },

  'encoding is the same each time, and does not change the value': async (scene) => {
    const { codec, schema } = scene;
    for (const value of scene.values) {
      const first = Uint8Array.from(codec.encode(value, schema));
      const second = codec.encode(value, schema);
      sameValue(second, first, 'The same value is encoded to the same bytes.');
      sameValue(codec.decode(first, schema), value, 'encode does not change the value.');
    }
  },

  'what it cannot encode throws invalid_argument': async ({ codec, unsupported, schema }) => {
    for (const value of unsupported) {
      assert.throws(
        () => codec.encode(value, schema),
        (error) => error instanceof MicroError && error.code === 'invalid_argument',
        `What cannot be encoded throws MicroError('invalid_argument'): ${typeof value}.`,
      );
    }
  },

  'a text of a mebibyte comes back, where text is known': async (scene) => {
    const value = 'ü☃\u0000"\\'.repeat(100_000);
    const bytes = encoded(scene, value);
    if (bytes === undefined) return;
    const back = scene.codec.decode(bytes, scene.schema);
    assert.ok(back === value, 'Large values come back as they were.');
  },
};
