import { AsyncLocalStorage } from 'node:async_hooks';
import { isReplayable, OnceStream } from './once-stream.ts';

describe('a stream of requests', () => {
  it('can be any iterable, and knows whether it was begun', async () => {
    const once = new OnceStream([1, 2]);
    expect(isReplayable(once)).toBe(true);
    const seen: unknown[] = [];
    for await (const each of once) seen.push(each);
    expect([seen, isReplayable(once)]).toEqual([[1, 2], false]);
  });

  it('that somebody else made may have been begun', () => {
    expect(isReplayable((async function* () {})())).toBe(false);
    expect([isReplayable({}), isReplayable(undefined)]).toEqual([true, true]);
  });

  it('runs where it was made, whoever pulls it', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const source = async function* (): AsyncGenerator<number> {
      try {
        seen.push(storage.getStore());
        yield 1;
        seen.push(storage.getStore());
        yield 2;
      } finally {
        seen.push(storage.getStore());
      }
    };
    const stream = storage.run('maker', () => new OnceStream(source()));
    await storage.run('puller', async () => {
      for await (const each of stream) if (each === 2) break;
    });
    expect(seen).toEqual(['maker', 'maker', 'maker']);
  });
});
