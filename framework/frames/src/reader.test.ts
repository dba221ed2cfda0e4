import { frame } from './raw-peer.test.fixture.ts';
import type { Slab } from './frame.ts';
import { ProtocolError } from './protocol-error.ts';
import { Reader } from './reader.ts';

interface Read {
  readonly reader: Reader;
  readonly frames: string[];
}

function reading(): Read {
  const frames: string[] = [];
  const reader = new Reader({
    frame: (type, flags, stream, bytes, from, to) =>
      frames.push(`${type} ${flags} ${stream} ${bytes.toString('latin1', from, to)}`),
  });
  return { reader, frames };
}

const chunk = (bytes: Uint8Array): Slab => Buffer.from(bytes) as Slab;

const some = Buffer.concat([
  frame(0),
  frame(3, 1, 7, 'hello'),
  frame(2, 255, 0xffff_ffff, ''),
  frame(250, 3, 0x7fff_ffff, 'x'.repeat(30)),
  frame(3, 0, 1, 'end'),
]);
const expected = [
  '0 0 0 ',
  '3 1 7 hello',
  '2 255 4294967295 ',
  `250 3 2147483647 ${'x'.repeat(30)}`,
  '3 0 1 end',
];

it('reads frames whole', () => {
  const { reader, frames } = reading();
  reader.read(chunk(some));
  expect(frames).toEqual(expected);
});

it('reads frames that are cut anywhere, once or twice', () => {
  for (let a = 0; a <= some.length; a++) {
    for (let b = a; b <= some.length; b++) {
      const { reader, frames } = reading();
      for (const [from, to] of [
        [0, a],
        [a, b],
        [b, some.length],
      ] as const) {
        reader.read(chunk(some.subarray(from, to)));
      }
      expect(frames).toEqual(expected);
    }
  }
});

it('reads frames byte by byte', () => {
  const { reader, frames } = reading();
  for (const byte of some) reader.read(chunk(Buffer.from([byte])));
  expect(frames).toEqual(expected);
});

it('reads the largest frame, in chunks as they come', () => {
  const large = 'y'.repeat(65_536);
  const bytes = Buffer.concat([frame(3, 1, 1, large), frame(3, 1, 2, large)]);
  expect(bytes.subarray(0, 4).toString('hex')).toBe('01000003');
  const { reader, frames } = reading();
  for (let at = 0; at < bytes.length; at += 10_007) {
    reader.read(chunk(bytes.subarray(at, at + 10_007)));
  }
  expect(frames.map((text) => text.length)).toEqual([65_542, 65_542]);
});

it('refuses what is longer, before it has arrived', () => {
  for (const hex of ['0100010300', 'ffffff0300', '47455420', '16030100']) {
    const bytes = Buffer.from(hex.padEnd(18, '0'), 'hex');
    expect(() => reading().reader.read(chunk(bytes))).toThrow(ProtocolError);
    const { reader } = reading();
    expect(() => {
      for (const byte of bytes) reader.read(chunk(Buffer.from([byte])));
    }).toThrow(ProtocolError);
  }
});

it('hands out nothing after it was stopped in the middle of a chunk', () => {
  const frames: number[] = [];
  const reader: Reader = new Reader({
    frame: (type) => {
      frames.push(type);
      reader.stop();
    },
  });
  reader.read(chunk(some));
  reader.read(chunk(some));
  expect(frames).toEqual([0]);
});
