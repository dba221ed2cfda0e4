import { ByStream } from './by-stream.ts';

describe('calls by stream', () => {
  it('holds what a map would hold, whatever comes and goes', () => {
    const calls = new ByStream<string>();
    const model = new Map<number, string>();
    let seed = 7;
    const random = (most: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      return seed % most;
    };
    for (let stream = 1; stream <= 50_000; stream++) {
      calls.set(stream, `call ${stream}`);
      model.set(stream, `call ${stream}`);
      const width = stream < 25_000 ? 64 : 3_000;
      while (model.size > width) {
        // Mostly the oldest; some live long.
        const [oldest = 0] = model.keys();
        const gone = random(10) === 0 ? stream - random(width) : oldest;
        calls.delete(gone);
        model.delete(gone);
      }
      const asked = Math.max(1, stream - random(5_000));
      if (calls.get(asked) !== model.get(asked)) throw new Error(`stream ${asked}`);
    }
    expect(calls.size).toBe(model.size);
    expect(calls.values().sort()).toEqual([...model.values()].sort());
  });

  it('forgets what it does not have without a word', () => {
    const calls = new ByStream<string>();
    calls.delete(5);
    calls.set(1, 'a');
    calls.set(257, 'b');
    calls.delete(1);
    expect([calls.size, calls.get(1), calls.get(257)]).toEqual([1, undefined, 'b']);
  });
});
