import { disposalOf } from './disposal.ts';
import { MadeValues } from './made-values.ts';

afterEach(() => jest.useRealTimers());

describe('made values', () => {
  it('are let go of in the way that they offer', async () => {
    const log: string[] = [];
    const made = new MadeValues();
    const offers = {
      close: { close: () => log.push('close'), dispose: () => log.push('no') },
      dispose: { dispose: () => log.push('dispose') },
      symbol: { [Symbol.dispose]: () => log.push('symbol'), close: () => log.push('no') },
      other: { close: (what: string) => log.push(what) },
      nothing: null,
      text: 'text',
    };
    for (const [name, value] of Object.entries(offers)) made.make(name, () => value, disposalOf);
    await made.close();
    expect(log).toEqual(['symbol', 'dispose', 'close']);
  });

  it('that others brought are left alone', async () => {
    const made = new MadeValues();
    const close = jest.fn();
    expect(made.make('pool', () => ({ close }), undefined)).toEqual({ close });
    await made.close();
    expect(close).not.toHaveBeenCalled();
  });

  it('are not waited for longer than 5 s, and let go of when they come after all', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const made = new MadeValues();
    const close = jest.fn(() => Promise.reject(new Error('gone')));
    let arrive = (_value: object): void => undefined;
    const value = made.make('slow', () => new Promise((resolve) => (arrive = resolve)), disposalOf);
    const closing = made.close();
    await jest.advanceTimersByTimeAsync(5_000);
    await closing;
    expect(close).not.toHaveBeenCalled();
    arrive({ close });
    await value;
    await new Promise((resolve) => setImmediate(resolve));
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('are not made after the end', async () => {
    const made = new MadeValues();
    await made.close();
    expect(() => made.make('pool', () => ({}), undefined)).toThrow('pool is not made any more');
  });
});
