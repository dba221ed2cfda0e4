import { Writable } from 'node:stream';
import { joinWrites } from './join-writes.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the writes of a connection', () => {
  it('in one turn go out together, in their order', async () => {
    const sent: string[][] = [];
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        sent.push([String(chunk)]);
        done();
      },
      writev: (chunks, done) => {
        sent.push(chunks.map(({ chunk }) => String(chunk)));
        done();
      },
    });
    joinWrites({ stream });
    for (const text of ['a', 'b', 'c']) stream.write(Buffer.from(text));
    await turn();
    stream.write(Buffer.from('d'));
    await turn();
    stream.end(Buffer.from('e'));
    await turn();
    expect(sent).toEqual([['a', 'b', 'c'], ['d'], ['e']]);
  });

  it('of a driver that shows no stream stay as they are', () => {
    expect(() => joinWrites({})).not.toThrow();
  });
});
