import { metadata, MicroError } from '@micro-ts/interface';
import type { Delivery } from '@micro-ts/interface';
import { Consumer } from './consumer.ts';

const event = (attempt = 1): Delivery => ({
  topic: 't',
  attempt,
  contentType: 'text/plain',
  metadata: metadata(),
  body: new Uint8Array(1),
});

const failing = (error: unknown, delivery: 'at-least-once' | 'at-most-once' = 'at-least-once') =>
  new Consumer(() => Promise.reject(error), { delivery, attempts: 3, concurrency: 1 });

describe('what becomes of an event', () => {
  it.each([
    [new MicroError('unavailable', 'later'), 1, true],
    [new MicroError('unavailable', 'later'), 3, false],
    [new MicroError('invalid_argument', 'never'), 1, false],
    [new Error('a bug'), 2, true],
  ])('after %s in attempt %i it comes again: %s', async (error, attempt, again) => {
    const outcome = await failing(error).deliver(event(attempt));
    expect(outcome).toMatchObject({ again });
  });

  it('does not come again where that is not promised', async () => {
    const error = new MicroError('unavailable', 'later');
    expect(await failing(error, 'at-most-once').deliver(event())).toMatchObject({ again: false });
  });

  it('keeps the reason, and hides the text of a bug', async () => {
    const outcome = await failing(new Error('secret')).deliver(event());
    expect(outcome).toMatchObject({ reason: { code: 'internal' } });
  });

  it('is done when the handler is', async () => {
    const options = { delivery: 'at-most-once', attempts: 1, concurrency: 1 } as const;
    const consumer = new Consumer(async () => undefined, options);
    expect(await consumer.deliver(event())).toBe('done');
  });
});

describe('the events in hand', () => {
  it('are as many as may be, and idle is told when there are none', async () => {
    const ends: (() => void)[] = [];
    const handler = () => new Promise<void>((resolve) => ends.push(resolve));
    const options = { delivery: 'at-most-once', attempts: 1, concurrency: 2 } as const;
    const consumer = new Consumer(handler, options);
    await consumer.idle();
    const both = [consumer.deliver(event()), consumer.deliver(event())];
    expect([consumer.free, consumer.inHand]).toEqual([false, 2]);
    let idle = 0;
    const told = [consumer.idle(), consumer.idle()].map((each) => each.then(() => idle++));
    ends[0]?.();
    await both[0];
    expect([consumer.free, idle]).toEqual([true, 0]);
    ends[1]?.();
    await Promise.all(told);
    expect(idle).toBe(2);
  });
});
