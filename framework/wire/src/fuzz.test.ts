import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metadata, MicroError } from '@micro-ts/interface';
import * as wire from './index.ts';

/** Random numbers that are the same in each run, so that a failure can be seen again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

const pieces = ['"', '{', '}', '[', ']', ',', ':', '\\', '\0', '\r\n', '-1', '1e999', 'null'];
pieces.push('"__proto__":', '"constructor":{"prototype":', 'é', '\ud800', '9'.repeat(30), '');

/** The text with a few places cut out, doubled or overwritten. */
function spoil(text: string, pick: (below: number) => number): string {
  let spoilt = text;
  for (let times = 1 + pick(4); times > 0; times--) {
    const at = pick(spoilt.length + 1);
    const piece = pieces[pick(pieces.length)] ?? '';
    spoilt = spoilt.slice(0, at) + piece + spoilt.slice(at + pick(8));
  }
  return spoilt;
}

const golden = ['etcd-keys-and-values.txt', 'nats-event.jsonl', 'worked.json']
  .flatMap((file) => readFileSync(join(__dirname, 'golden', file), 'utf8').split('\n'))
  .flatMap((line) => [line, ...(/^ *"\w+": (".*"),?$/.exec(line)?.slice(1) ?? [])])
  .map((line) => (line.startsWith('"') ? (JSON.parse(line) as string) : line));

const readers: Record<string, (text: string) => unknown> = {
  decodeRecord: wire.decodeRecord,
  decodeEnvelope: wire.decodeEnvelope,
  decodeRpcRequest: wire.decodeRpcRequest,
  decodeRpcResponse: wire.decodeRpcResponse,
  parseAddress: wire.parseAddress,
  readCallHeaders: (text) =>
    wire.readCallHeaders(metadata({ timeout: text, 'micro-attempt': text, [text]: text })),
};

describe.each(Object.entries(readers))('%s', (_name, read) => {
  it('reads spoilt texts or refuses them, and does nothing else', () => {
    const pick = random(7);
    for (let round = 0; round < 3_000; round++) {
      const text = spoil(golden[pick(golden.length)] ?? '', pick);
      try {
        read(text);
      } catch (error) {
        if (!(error instanceof MicroError)) throw error;
        expect(error.message.length).toBeLessThan(200);
      }
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('decodeError', () => {
  it('makes an error of everything', () => {
    const pick = random(11);
    for (let round = 0; round < 3_000; round++) {
      const error = wire.decodeError(spoil(golden[pick(golden.length)] ?? '', pick));
      expect(error).toBeInstanceOf(MicroError);
      expect(wire.decodeError(wire.encodeError(error)).code).toBe(error.code);
    }
  });
});

describe('header texts', () => {
  it('survive the way, but for control characters', () => {
    const pick = random(13);
    for (let round = 0; round < 3_000; round++) {
      const text = String.fromCharCode(
        ...Array.from({ length: pick(12) }, () => 0x20 + pick(0xd000)),
      );
      if (/[\x7f-\x9f]/.test(text)) continue;
      expect(wire.fromHeaderText(wire.toHeaderText(text))).toBe(text);
    }
  });
});
