import { Fifo } from './fifo.ts';

describe('who comes first', () => {
  it('is served first, however many come and go', () => {
    const fifo = new Fifo<number>();
    const [taken, sizes]: [number[], number[]] = [[], []];
    let next = 1;
    for (let round = 1; round <= 50; round++) {
      for (let at = 0; at < 200; at++) fifo.add(next++);
      for (let at = 0; at < 190; at++) taken.push(fifo.take() ?? 0);
      sizes.push(fifo.size);
    }
    while (fifo.size > 0) taken.push(fifo.take() ?? 0);
    expect(taken).toEqual(Array.from({ length: 50 * 200 }, (_, at) => at + 1));
    expect(sizes).toEqual(Array.from({ length: 50 }, (_, at) => 10 * (at + 1)));
    expect(fifo.take()).toBeUndefined();
  });
});
