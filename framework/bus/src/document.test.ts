import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { begin, encodeHello, headBytes, kind } from './tunnel-message.ts';

const source = readFileSync(join(__dirname, '../../../docs/protocol.md'), 'utf8');

/** The bytes of an example in the page about the wire. */
function example(title: string): string {
  const found = new RegExp(`^# tunnel: ${title}\n([\\da-f ]+)$`, 'm').exec(source);
  return found?.[1] ?? `no example "${title}"`;
}

const hex = (bytes: Buffer): string => bytes.toString('hex').replace(/(..)(?=.)/g, '$1 ');

describe('the page about the wire', () => {
  it('shows what tunnels write', () => {
    expect(example('OPEN, with a window of 1 MiB')).toBe(hex(encodeHello(kind.open)));
    const data = begin(kind.data, 1, 5);
    data.set([0, 0, 0x1e, 0, 0], headBytes);
    expect(example('the first DATA, five bytes of frames')).toBe(hex(data));
  });

  it('names each kind of message', () => {
    for (const [name, number] of Object.entries(kind)) {
      expect(source).toContain(`| ${number} | ${name.toUpperCase()} |`);
    }
  });
});
