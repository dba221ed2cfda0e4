import { Lifetime, MicroError, noMetadata } from '@micro-ts/interface';
import type { Call } from '@micro-ts/interface';
import { CurrentContext } from './context.ts';
import { LiveCall } from './live-call.ts';
import { retry } from './retry.ts';
import { failureOf } from './world.test.fixture.ts';

const call = (): Call =>
  new LiveCall(
    { side: 'client', kind: 'unary', idempotent: true },
    {
      ...{ service: 's', endpoint: 'S.E', metadata: noMetadata },
      lifetime: new Lifetime(),
      attempt: 1,
    },
    {},
  );

describe('retry', () => {
  it('rejects, and never throws, whatever the next room does', async () => {
    let attempts = 0;
    const invoke = retry(
      2,
      new CurrentContext(),
    )(() => {
      attempts++;
      throw new MicroError('unavailable', 'at once');
    });
    expect((await failureOf(invoke(call()))).message).toBe('at once');
    expect(attempts).toBe(3);
    expect((await failureOf(invoke({ ...call() } as Call))).message).toContain('call.with');
  });

  it('counts attempts on, and stops at the last', async () => {
    const seen: number[] = [];
    const invoke = retry(
      2,
      new CurrentContext(),
    )(async ({ attempt }) => {
      seen.push(attempt);
      throw new MicroError('unavailable', 'busy', { refused: true });
    });
    await failureOf(invoke(call().with({ attempt: 4 })));
    expect(seen).toEqual([4, 5, 6]);
  });
});
