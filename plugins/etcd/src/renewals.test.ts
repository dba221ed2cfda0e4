import { closable, MicroError } from '@micro-ts/interface';
import { Renewals } from './renewals.ts';
import type { Carrier } from './stream.ts';

describe('renewals', () => {
  it('are refused when their stream is gone, to those too who come a moment later', async () => {
    const stream = closable(() => undefined);
    const lost: unknown[] = [];
    const carrier: Carrier = {
      lose: (reason) => void lost.push(reason),
      open: () => Promise.resolve({ ...stream, write: () => undefined }),
    };
    const renewals = new Renewals(carrier);
    const waiting = renewals.renew('1');
    const gone = new MicroError('unavailable', 'the connection is gone');
    stream.lose(gone);
    await expect(waiting).rejects.toBe(gone);
    await expect(renewals.renew('1')).rejects.toBe(gone);
    expect(lost).toEqual([gone]);
  });
});
