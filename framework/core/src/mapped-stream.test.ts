import { Lifetime, MicroError } from '@micro-ts/interface';
import { followStream, mapStream } from './mapped-stream.ts';
import { failureOf } from './world.test.fixture.ts';

async function* numbers(most: number, onReturn?: () => void): AsyncGenerator<number> {
  try {
    for (let n = 1; n <= most; n++) yield n;
  } finally {
    onReturn?.();
  }
}

const double = (n: number): number => n * 2;
const reason = new MicroError('deadline_exceeded', 'late');

describe('mapStream', () => {
  it('changes each value and tells the end once', async () => {
    const ends: unknown[] = [];
    const lifetime = new Lifetime();
    const ended = (error?: MicroError): unknown => ends.push(error);
    const stream = mapStream(numbers(3), { lifetime, change: double, ended });
    expect(followStream(stream, lifetime, () => ends.push('also'))).toBe(stream);
    const seen: number[] = [];
    for await (const n of stream) seen.push(n);
    lifetime.end(reason);
    expect([seen, ends]).toEqual([
      [2, 4, 6],
      [undefined, 'also'],
    ]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    followStream(stream, lifetime, () => ends.push('late'));
    expect(ends).toHaveLength(3);
  });

  it('leaves its source when its reader leaves', async () => {
    let left = false;
    const source = numbers(100, () => (left = true));
    const stream = mapStream(source, { lifetime: new Lifetime(), change: double });
    for await (const n of stream) if (n === 4) break;
    expect(left).toBe(true);
  });

  it('tells a source that nobody has begun', async () => {
    let told = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('nobody asked')),
        return: async () => ({ done: true as const, value: (told++, undefined) }),
      }),
    };
    const stream = mapStream(source, { lifetime: new Lifetime(), change: double });
    await stream.return?.();
    await stream.return?.();
    expect(told).toBe(1);
  });

  it('leaves its source when a value cannot be changed, and says why', async () => {
    let left = false;
    const ends: unknown[] = [];
    const change = (): never => {
      throw new MicroError('invalid_argument', 'bad');
    };
    const stream = mapStream(
      numbers(3, () => (left = true)),
      { lifetime: new Lifetime(), change, ended: (error) => ends.push(error?.code) },
    );
    expect((await failureOf(stream.next())).code).toBe('invalid_argument');
    expect([left, ends]).toEqual([true, ['invalid_argument']]);
  });

  it('waits for changes that take time, and answers in turn', async () => {
    const change = async (n: number): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 10 - 3 * n));
      return n;
    };
    const stream = mapStream(numbers(3), { lifetime: new Lifetime(), change });
    const all = [stream.next(), stream.next(), stream.next(), stream.next()];
    const seen = (await Promise.all(all)).map(({ value }) => value);
    expect(seen).toEqual([1, 2, 3, undefined]);
  });

  it('ends with its lifetime, whatever its source is doing', async () => {
    let left = 0;
    const hanging = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: () => new Promise<never>(() => void left++),
      }),
    };
    const lifetime = new Lifetime();
    const waiting = mapStream(hanging, { lifetime, change: double });
    const idle = mapStream(hanging, { lifetime, change: double });
    const next = failureOf(waiting.next());
    lifetime.end(reason);
    expect([await next, left]).toEqual([reason, 2]);
    expect(await failureOf(idle.next())).toBe(reason);
    expect(await idle.next()).toEqual({ done: true, value: undefined });
  });

  it('is over at once where its lifetime is', async () => {
    const lifetime = new Lifetime();
    lifetime.end(reason);
    const ends: unknown[] = [];
    const ended = (error?: MicroError): unknown => ends.push(error);
    const stream = mapStream(numbers(3), { lifetime, change: double, ended });
    followStream(stream, lifetime, ended);
    expect(await failureOf(stream.next())).toBe(reason);
    expect(ends).toEqual([reason, reason]);
  });

  it('hands on what a source throws at once', async () => {
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => {
        throw new TypeError('no');
      },
    };
    const stream = mapStream(source, { lifetime: new Lifetime(), change: double });
    expect((await failureOf(stream.next())).code).toBe('internal');
  });
});
