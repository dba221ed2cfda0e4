import { MicroError } from '@micro-ts/interface';
import { alsoEnded, mapStream, OnceStream } from './streams.ts';

async function* numbers(most: number, onReturn?: () => void): AsyncGenerator<number> {
  try {
    for (let n = 1; n <= most; n++) yield n;
  } finally {
    onReturn?.();
  }
}

const double = (n: number): number => n * 2;
const translate = (error: unknown): MicroError => MicroError.from(error);

describe('mapStream', () => {
  it('changes each value and tells the end once', async () => {
    const ends: unknown[] = [];
    const stream = mapStream(numbers(3), double, (error) => ends.push(error), translate);
    expect(alsoEnded(stream, () => ends.push('also'))).toBe(true);
    const seen: number[] = [];
    for await (const n of stream) seen.push(n);
    expect([seen, ends]).toEqual([
      [2, 4, 6],
      [undefined, 'also'],
    ]);
  });

  it('leaves its source when its reader leaves', async () => {
    let left = false;
    const source = numbers(100, () => (left = true));
    for await (const n of mapStream(source, double, () => undefined, translate)) if (n === 4) break;
    expect(left).toBe(true);
  });

  it('leaves its source when a value cannot be changed, and says why', async () => {
    let left = false;
    const ends: unknown[] = [];
    const refuse = (): never => {
      throw new MicroError('invalid_argument', 'bad');
    };
    const stream = mapStream(
      numbers(3, () => (left = true)),
      refuse,
      (error) => ends.push(error),
      translate,
    );
    const read = async (): Promise<void> => {
      for await (const _ of stream) throw new Error('nothing should come');
    };
    await expect(read()).rejects.toMatchObject({ code: 'invalid_argument' });
    expect([left, ends.length]).toEqual([true, 1]);
  });

  it('waits for changes that take time', async () => {
    const later = async (n: number): Promise<number> => n + 1;
    const seen: number[] = [];
    for await (const n of mapStream(numbers(2), later, () => undefined, translate)) seen.push(n);
    expect(seen).toEqual([2, 3]);
  });
});

describe('OnceStream', () => {
  it('takes plain iterables too, and knows whether it was begun', async () => {
    const once = new OnceStream([1, 2]);
    expect(once.started).toBe(false);
    const seen: unknown[] = [];
    for await (const each of once) seen.push(each);
    expect([seen, once.started]).toEqual([[1, 2], true]);
  });
});
