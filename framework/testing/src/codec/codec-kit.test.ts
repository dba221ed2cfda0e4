import { MicroError } from '@micro-ts/interface';
import type { Codec } from '@micro-ts/interface';
import { runKit } from '../kit-run.ts';
import { codecKit } from './codec-kit.ts';

const refuse = (cause: unknown): never => {
  throw new MicroError('invalid_argument', 'cannot be carried', { cause });
};
const attempt = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    return refuse(error);
  }
};
const strict = new TextDecoder('utf-8', { fatal: true });

/** Plain JSON, with what is easily forgotten. */
const json: Codec = {
  contentType: 'application/json',
  encode: (value) => attempt(() => new TextEncoder().encode(JSON.stringify(value))),
  decode: (bytes) =>
    attempt((): unknown =>
      JSON.parse(strict.decode(bytes), (key, value: unknown) =>
        key === '__proto__' ? undefined : value,
      ),
    ),
};
const raw: Codec = {
  contentType: 'application/octet-stream',
  encode: (value) => (value instanceof Uint8Array ? value : refuse(undefined)),
  decode: (bytes) => Uint8Array.from(bytes),
};
const values = [null, true, 0, -1.5, '', 'ü ☃ 😀', [], {}, [[1], { a: { b: [null] } }]];

describe('codecs that keep the contract', () => {
  describe('json', () => codecKit({ it, codec: () => json, values }));
  describe('bytes', () =>
    codecKit({
      it,
      codec: () => raw,
      values: [new Uint8Array(), Uint8Array.of(0, 1, 255)],
      garbage: [],
    }));
});

describe('codecs that do not are found out', () => {
  const broken: Record<string, [Codec, RegExp]> = {
    'a content type with parameters': [
      { ...json, contentType: 'application/json; charset=utf-8' },
      /content type/,
    ],
    'errors of its own': [
      { ...json, decode: (bytes): unknown => JSON.parse(new TextDecoder().decode(bytes)) },
      /garbage/,
    ],
    'the buffer behind a view': [
      { ...json, decode: (bytes) => json.decode(new Uint8Array(bytes.buffer)) },
      /in the midst of a buffer/,
    ],
    'memory that is shared': [{ ...raw, decode: (bytes) => bytes }, /shares no memory/],
    'prototypes that are taken from the value': [
      { ...json, decode: (bytes) => Object.assign({}, JSON.parse(strict.decode(bytes))) },
      /__proto__/,
    ],
    'texts that are cut': [
      { ...json, encode: (value) => json.encode(value).slice(0, 65_536) },
      /mebibyte/,
    ],
  };
  it.each(Object.entries(broken))('%s', async (_name, [codec, sentence]) => {
    const kept = codec.contentType === 'application/octet-stream' ? [Uint8Array.of(1, 2)] : values;
    const { failed } = await runKit(
      (its) => codecKit({ it: its, codec: () => codec, values: kept }),
      sentence,
    );
    expect(failed.size).toBe(1);
    for (const message of failed.values()) expect(message).toMatch(/[a-z].*\./s);
  });
});
